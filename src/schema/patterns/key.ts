/**
 * Keys from patterns and back, interpreted. Generated code builds its keys from template literals instead; tools and
 * tests use these.
 *
 * @module
 */
import { ParameterProblem } from "./parameter-problem.js";
import type { Pattern } from "./pattern.js";

/**
 * The key of a set of parameters.
 *
 * @throws ParameterProblem where a parameter is missing or refused
 */
export function formatKey(pattern: Pattern, parameters: Readonly<Record<string, unknown>>): string {
  let key = "";
  for (const segment of pattern.segments) {
    if ("literal" in segment) key += segment.literal;
    else key += segment.parameter.codec.encode(parameterValue(parameters, segment.parameter.name));
  }
  return key;
}

/**
 * The parameters of a key as the key holds them, encoded; undefined where the key is not of this pattern. What a
 * parameter was before is its codec's `decode`.
 */
export function matchKey(pattern: Pattern, key: string): Record<string, string> | undefined {
  const found = expressionOf(pattern).exec(key);
  if (!found) return undefined;
  const parameters: Record<string, string> = {};
  for (const [i, { name, codec }] of pattern.parameters.entries()) {
    const text = found[i + 1]!;
    if (!codec.accepts(text)) return undefined;
    parameters[name] = text;
  }
  return parameters;
}

/**
 * The glob for `SCAN … MATCH` that finds all keys of the pattern, or those with some parameters bound. It may find
 * others too, which `matchKey` tells apart. With the tag's parameters bound and no free parameter before the tag, no
 * wildcard stands before the tag, and Redis looks at one slot only.
 *
 * @throws ParameterProblem where a bound parameter is refused, or is none of the pattern's
 */
export function scanPattern(pattern: Pattern, bound: Readonly<Record<string, unknown>> = {}): string {
  for (const name of Object.keys(bound)) {
    if (bound[name] !== undefined && !pattern.parameters.some((parameter) => parameter.name === name)) {
      const names = pattern.parameters.map((parameter) => parameter.name).join(", ");
      throw new ParameterProblem(
        name,
        `${name} is no parameter of ${pattern.text}`,
        `Its parameters are: ${names || "none"}.`,
      );
    }
  }
  let glob = "";
  for (const segment of pattern.segments) {
    if ("literal" in segment) {
      glob += escapeGlob(segment.literal);
      continue;
    }
    const value = parameterValue(bound, segment.parameter.name);
    glob += value === undefined ? "*" : escapeGlob(segment.parameter.codec.encode(value));
  }
  return glob;
}

/** A text as a glob that matches it and nothing else. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, "\\$&");
}

const expressions = new WeakMap<Pattern, RegExp>();

function expressionOf(pattern: Pattern): RegExp {
  let expression = expressions.get(pattern);
  if (!expression) {
    const parts = pattern.segments.map((segment) =>
      "literal" in segment
        ? segment.literal.replace(/[$()*+./?[\\\]^{|}]/g, "\\$&")
        : `(${segment.parameter.codec.language})`,
    );
    expression = new RegExp(`^${parts.join("")}$`, "u");
    expressions.set(pattern, expression);
  }
  return expression;
}

function parameterValue(parameters: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}
