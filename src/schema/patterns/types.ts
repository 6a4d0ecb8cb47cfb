/**
 * Patterns in types: what the compiler knows of a pattern's text. It splits at `<`, `>` and `{`, never character by
 * character, so that hundreds of families stay cheap to check.
 *
 * @module
 */

/** A sentence that the compiler shows where a declaration is wrong. Nothing has this type. */
export interface PatternError<Sentence extends string> {
  readonly "keywright: the pattern is wrong": Sentence;
}

/** `{ readonly roomId: string }` for `chat:messages:{<roomId>}`. */
export type PatternKey<Text extends string> = string extends Text
  ? { readonly [parameter: string]: string | number }
  : Flat<KeyOf<Text>>;

/** The hash tag's template, `"{<roomId>}"`, or undefined where there is none. */
export type PatternTagText<Text extends string> = string extends Text ? string | undefined : TagOf<Text>;

/** The pattern itself where nothing is wrong with it, and a {@link PatternError} otherwise. */
export type CheckPattern<Text extends string> = string extends Text
  ? Text
  : PatternSentence<Text> extends infer Sentence extends string
    ? [Sentence] extends [never]
      ? Text
      : PatternError<Sentence>
    : never;

type Flat<T> = { readonly [Name in keyof T]: T[Name] };

/** `name:codec` and what follows the parameter that begins `Rest`; undefined where it is not closed. */
type SplitParameter<Rest extends string> = Rest extends `${infer Before}>${infer After}`
  ? Before extends `${infer Name}:match(/${string}`
    ? Name extends `${string}${"<" | ":"}${string}`
      ? undefined
      : Rest extends `${Name}:match(/${infer Expression}/)>${infer Behind}`
        ? [`${Name}:match(/${Expression}/)`, Behind]
        : undefined
    : Before extends `${string}<${string}`
      ? undefined
      : [Before, After]
  : undefined;

type NameOf<Parameter extends string> = Parameter extends `${infer Name}:${string}` ? Name : Parameter;

type CodecOf<Parameter extends string> = Parameter extends `${string}:${infer Codec}` ? Codec : "str";

type ValueOf<Codec extends string> = Codec extends "int"
  ? number
  : Codec extends `enum(${infer Choices})`
    ? Choice<Choices>
    : string;

type Choice<Choices extends string, Found extends string = never> = Choices extends `${infer One}|${infer More}`
  ? Choice<More, Found | One>
  : Found | Choices;

type KeyOf<Text extends string, Found = unknown> = Text extends `${string}<${infer Rest}`
  ? SplitParameter<Rest> extends [infer Parameter extends string, infer After extends string]
    ? KeyOf<After, Found & { readonly [Name in NameOf<Parameter>]: ValueOf<CodecOf<Parameter>> }>
    : Found
  : Found;

/** `Tag` is what was read of the tag, `""` before it opens. */
type TagOf<Text extends string, Tag extends string = ""> = Text extends `${infer Literal}<${infer Rest}`
  ? TagIn<Literal, Tag> extends infer State extends string
    ? State extends `${infer Whole}}`
      ? `${Whole}}`
      : SplitParameter<Rest> extends [infer Parameter extends string, infer After extends string]
        ? TagOf<After, State extends "" ? "" : `${State}<${Parameter}>`>
        : undefined
    : never
  : TagIn<Text, Tag> extends `${infer Whole}}`
    ? `${Whole}}`
    : undefined;

/** Reads on in literal text: the whole tag with its `}`, what is open of it, or `""`. */
type TagIn<Literal extends string, Tag extends string> = Tag extends ""
  ? Literal extends `${string}{${infer Inner}`
    ? Inner extends `${infer Whole}}${string}`
      ? `{${Whole}}`
      : `{${Inner}`
    : ""
  : Literal extends `${infer Whole}}${string}`
    ? `${Tag}${Whole}}`
    : `${Tag}${Literal}`;

type KnownCodec =
  | "str"
  | "int"
  | "uuid"
  | "ulid"
  | "hex"
  | "date"
  | `enum(${string})`
  | "ip"
  | "ip(enc)"
  | "enc"
  | "sha256"
  | "sha256(email)"
  | `match(/${string}/)`
  | "rest";

type CodecList =
  "str, int, uuid, ulid, hex, date, enum(a|b), ip, ip(enc), enc, sha256, sha256(email), match(/…/) or rest";

/** What is wrong, as a sentence; never where nothing is. `Open`: the tag is open; `Done`: it was closed. */
type PatternSentence<
  Text extends string,
  Names extends string = never,
  Tag extends "none" | "open" | "done" = "none",
> = Text extends "" ? "the pattern is empty" : SentenceFrom<Text, Names, Tag>;

type SentenceFrom<
  Text extends string,
  Names extends string,
  Tag extends "none" | "open" | "done",
> = Text extends `${infer Literal}<${infer Rest}`
  ? BracesIn<Literal, Tag> extends infer State extends "none" | "open" | "done"
    ? SplitParameter<Rest> extends [infer Parameter extends string, infer After extends string]
      ? NameOf<Parameter> extends ""
        ? `the parameter <${Parameter}> has no name`
        : NameOf<Parameter> extends Names
          ? `parameter <${NameOf<Parameter>}> stands twice in the pattern`
          : CodecOf<Parameter> extends KnownCodec
            ? After extends `<${string}`
              ? `nothing separates <${Parameter}> from the parameter after it: put a ':' between them`
              : SentenceFrom<After, Names | NameOf<Parameter>, State>
            : `parameter <${Parameter}>: unknown codec '${CodecOf<Parameter>}'; use ${CodecList}`
      : `the parameter that begins at <${Rest} is not closed`
    : BracesIn<Literal, Tag>
  : BracesIn<Text, Tag> extends infer State extends string
    ? State extends "none" | "done"
      ? never
      : State extends "open"
        ? "the hash tag is not closed: end it with }"
        : State
    : never;

/** The tag's state after literal text, or a sentence. */
type BracesIn<
  Literal extends string,
  Tag extends "none" | "open" | "done",
> = Literal extends `${infer Before}{${infer Inner}`
  ? Before extends `${string}}${string}`
    ? Tag extends "open"
      ? SecondTag
      : "} closes no hash tag"
    : Tag extends "none"
      ? Inner extends `${infer Whole}}${infer Behind}`
        ? Whole extends ""
          ? "the hash tag {} is empty, and Redis then hashes the whole key: put what shares the slot inside, as in {<roomId>}"
          : Whole extends `${string}{${string}`
            ? "a brace opens inside the hash tag: Redis ends a tag at the first }"
            : BracesIn<Behind, "done">
        : Inner extends `${string}{${string}`
          ? "a brace opens inside the hash tag: Redis ends a tag at the first }"
          : "open"
      : Tag extends "open"
        ? "a brace opens inside the hash tag: Redis ends a tag at the first }"
        : SecondTag
  : Literal extends `${string}}${infer Behind}`
    ? Tag extends "open"
      ? Behind extends `${string}}${string}`
        ? "} closes no hash tag"
        : "done"
      : "} closes no hash tag"
    : Tag;

type SecondTag = "the pattern has a second hash tag, and Redis looks at the first only: keep the braces of one";
