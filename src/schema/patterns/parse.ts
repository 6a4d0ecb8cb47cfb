/**
 * Reads key patterns: literal text, parameters `<name>` and `<name:codec>`, and at most one hash tag `{…}`.
 *
 * @module
 */
import type { SchemaProblem } from "../problem.js";
import { ambiguousKey } from "./ambiguity.js";
import { BRACES, isAlphanumeric, isInvisible, WILDCARDS } from "./characters.js";
import { type CodecRow, codecUsages, nearestCodec, parameterCodecs } from "./codecs.js";
import type { Parameter, ParameterCodec } from "./parameter.js";
import type { Pattern, PatternTag, Segment } from "./pattern.js";

/** A pattern's text in pieces, parameters not yet understood. */
type Piece =
  | { readonly kind: "literal"; readonly text: string; readonly at: number }
  | { readonly kind: "parameter"; readonly text: string; readonly content: string; readonly at: number };

/** A pattern and what is wrong with it. The pattern can be worked with only where there are no problems. */
export interface ParsedPattern {
  readonly pattern: Pattern;
  readonly problems: readonly SchemaProblem[];
}

/** Reads a pattern to its end and tells all its problems at once; never throws. */
export function parsePattern(text: string): ParsedPattern {
  return new PatternReader(text).read();
}

class PatternReader {
  readonly #text: string;
  readonly #problems: SchemaProblem[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(): ParsedPattern {
    if (this.#text === "")
      this.#problem(
        "empty-pattern",
        "the pattern is empty",
        "Write the key as Redis stores it, such as session:web:<token>.",
      );
    const pieces = this.#split();
    this.#checkLiterals(pieces);
    const segments = this.#segments(pieces);
    const parameters = segments.flatMap((segment) => ("parameter" in segment ? [segment.parameter] : []));
    const tag = this.#tag(pieces);
    this.#checkPlaces(pieces);
    const pattern: Pattern = { text: this.#text, segments, parameters, tag };
    if (this.#problems.length === 0) this.#checkInjective(pattern);
    return { pattern, problems: this.#problems };
  }

  /** Splits at `<` and `>`; the expression of a `match(/…/)` may hold both. */
  #split(): Piece[] {
    const text = this.#text;
    const pieces: Piece[] = [];
    let at = 0;
    while (at < text.length) {
      const open = text.indexOf("<", at);
      if (open !== at) pieces.push({ kind: "literal", text: text.slice(at, open < 0 ? text.length : open), at });
      if (open < 0) break;
      const isMatch = /^<[^<>:]*:match\(\//.test(text.slice(open));
      const close = isMatch ? text.indexOf("/)>", open) + 2 : text.indexOf(">", open);
      const content = text.slice(open + 1, close);
      if (close < open + 1 || (!isMatch && content.includes("<"))) {
        this.#problem(
          "unclosed-parameter",
          `the parameter that begins at '${text.slice(open, open + 12)}' is not closed`,
          isMatch ? "End it with '/)>'." : "End it with '>'.",
        );
        break;
      }
      pieces.push({ kind: "parameter", text: text.slice(open, close + 1), content, at: open });
      at = close + 1;
    }
    return pieces;
  }

  #checkLiterals(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (piece.kind !== "literal") continue;
      const characters = Array.from(piece.text);
      const wildcard = characters.find((c) => WILDCARDS.includes(c));
      if (wildcard) {
        this.#problem(
          "literal-wildcard",
          `'${wildcard}' is a wildcard in Redis's own patterns`,
          "Leave it out: SCAN and access rules could not name exactly these keys.",
        );
      }
      if (characters.some((c) => isInvisible(c.codePointAt(0)!))) {
        this.#problem(
          "literal-invisible",
          "the pattern holds white space, a control character or half a surrogate pair",
          "Leave it out of the literal text.",
        );
      }
      if (characters.includes(">")) {
        this.#problem(
          "unopened-parameter",
          "'>' closes a parameter that was not opened",
          "Write a parameter as <name>, and leave '>' out of literal text.",
        );
      }
    }
  }

  #segments(pieces: readonly Piece[]): Segment[] {
    const names = new Set<string>();
    return pieces.map((piece, i) => {
      if (piece.kind === "literal") return { literal: piece.text };
      const before = pieces[i - 1];
      const after = pieces[i + 1];
      if (before?.kind === "parameter") {
        this.#problem(
          "adjacent-parameters",
          `nothing separates ${before.text} from ${piece.text}, so different values could give the same key`,
          "Put a ':' between them.",
        );
      }
      const parameter = this.#parameter(piece, separators(before, after));
      if (names.has(parameter.name) && parameter.name !== "") {
        this.#problem(
          "duplicate-parameter",
          `parameter ${parameter.name} stands twice in the pattern`,
          "Give the second one a name of its own.",
        );
      }
      names.add(parameter.name);
      return { parameter };
    });
  }

  #parameter(piece: Piece & { kind: "parameter" }, separators: string): Parameter {
    const colon = piece.content.indexOf(":");
    const name = colon < 0 ? piece.content : piece.content.slice(0, colon);
    const codecText = colon < 0 ? "str" : piece.content.slice(colon + 1);
    if (name === "") {
      this.#problem(
        "empty-parameter-name",
        `the parameter ${piece.text} has no name`,
        "Name it after what it holds, as in <roomId>.",
      );
    } else if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
      this.#problem(
        "invalid-parameter-name",
        `the parameter ${piece.text} has a name that is no identifier`,
        "Use letters, digits and '_', beginning with a letter: it becomes a property of the key.",
      );
    }
    return { name, codec: this.#codec(name, codecText, piece.text, separators), text: piece.text };
  }

  #codec(parameter: string, text: string, shown: string, separators: string): ParameterCodec {
    const { row, name, argument } = readCodec(text);
    if (!row) {
      const nearest = nearestCodec(name);
      this.#problem(
        "unknown-codec",
        `parameter ${shown}: unknown codec '${name}'`,
        nearest ? `Did you mean ${nearest}? The codecs are ${codecUsages}.` : `Use one of ${codecUsages}.`,
      );
    }
    const built = row?.build({ parameter, argument, separators });
    if (built && "encode" in built) return built;
    if (built) this.#problem(built.id, built.message, built.fix);
    return parameterCodecs.get("str")!.build({ parameter, argument: undefined, separators }) as ParameterCodec;
  }

  /** Redis takes the first `{` and the first `}` after it; a pattern holds exactly these two, or none. */
  #tag(pieces: readonly Piece[]): PatternTag | undefined {
    let open = -1;
    let close = -1;
    for (const piece of pieces) {
      if (piece.kind !== "literal") continue;
      for (let i = 0; i < piece.text.length; i++) {
        const character = piece.text[i]!;
        if (!BRACES.includes(character)) continue;
        const at = piece.at + i;
        if (character === "{" && open < 0) open = at;
        else if (character === "}" && open >= 0 && close < 0) close = at;
        else return this.#strayBrace(character, open, close);
      }
    }
    if (open < 0) return undefined;
    if (close < 0) {
      this.#problem(
        "unclosed-tag",
        "the hash tag is not closed",
        "End it with '}': until then Redis hashes the whole key.",
      );
      return undefined;
    }
    const template = this.#text.slice(open, close + 1);
    if (template === "{}") {
      this.#problem(
        "empty-tag",
        "the hash tag {} is empty, and Redis then hashes the whole key",
        "Put what shares the slot inside, as in {<roomId>}, or leave the braces out.",
      );
      return undefined;
    }
    const parameters = pieces
      .filter((piece) => piece.kind === "parameter" && piece.at > open && piece.at < close)
      .map((piece) => parameterName(piece));
    return { template, parameters, constant: parameters.length === 0 };
  }

  #strayBrace(character: string, open: number, close: number): undefined {
    if (character === "}") {
      this.#problem("stray-brace", "'}' closes no hash tag", "Write at most one hash tag, {…}, and no other braces.");
    } else if (close < 0) {
      this.#problem(
        "nested-tag",
        "a brace opens inside the hash tag",
        "Redis ends a tag at the first '}': write one pair of braces.",
      );
    } else {
      const first = this.#text.slice(open, close + 1);
      this.#problem(
        "second-tag",
        `the pattern has a second hash tag after ${first}, and Redis looks at the first only`,
        `Keep the braces of one of them; if keys share ${first}, write the second without braces.`,
      );
    }
    return undefined;
  }

  /** A parameter that holds colons ends the key, or its hash tag, whose brace it cannot hold. */
  #checkPlaces(pieces: readonly Piece[]): void {
    pieces.forEach((piece, i) => {
      if (piece.kind !== "parameter") return;
      const { row, name, argument } = readCodec(piece.content.slice(parameterName(piece).length + 1) || "str");
      if (!row?.onlyLast?.(argument)) return;
      const after = pieces[i + 1];
      if (after === undefined || (after.kind === "literal" && after.text.startsWith("}"))) return;
      this.#problem(
        "not-last",
        `parameter ${piece.text} may hold ':' and must stand last, in the key or in its hash tag`,
        name === "ip"
          ? "Move it to the end, or write ip(enc), which percent-encodes the colons of IPv6."
          : "Move it to the end, or use enc, which percent-encodes.",
      );
    });
  }

  #checkInjective(pattern: Pattern): void {
    const key = ambiguousKey(pattern.segments);
    if (key === undefined) return;
    this.#problem(
      "ambiguous-parameters",
      `different values give the same key: '${key}' can be read in two ways`,
      "Separate the parameters by a character that the first of them cannot hold, such as ':'.",
    );
  }

  #problem(id: string, message: string, fix: string): void {
    this.#problems.push({ id, field: "pattern", message, fix });
  }
}

function parameterName(piece: Piece): string {
  const content = piece.kind === "parameter" ? piece.content : "";
  return content.split(":", 1)[0]!;
}

/** Reads `name` or `name(argument)`. */
function readCodec(text: string): { row: CodecRow | undefined; name: string; argument: string | undefined } {
  const parts = /^([^()]*)\((.*)\)$/su.exec(text);
  const name = parts ? parts[1]! : text;
  return { row: parameterCodecs.get(name), name, argument: parts?.[2] };
}

/**
 * The literal punctuation next to a parameter. `str` excludes it, so that a key can be read back at its separators;
 * letters and digits are left, as an id without them would be none.
 */
function separators(before: Piece | undefined, after: Piece | undefined): string {
  const neighbours = [
    before?.kind === "literal" ? Array.from(before.text).at(-1)! : "",
    after?.kind === "literal" ? Array.from(after.text)[0]! : "",
  ];
  const always = `:${BRACES}${WILDCARDS}<>`;
  const found = neighbours.filter(
    (c) => c !== "" && !always.includes(c) && !isAlphanumeric(c) && !isInvisible(c.codePointAt(0)!),
  );
  return [...new Set(found)].join("");
}
