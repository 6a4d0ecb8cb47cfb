/**
 * Key patterns: the grammar, its codecs, keys and back, hash slots, and what the compiler knows of them.
 *
 * @module
 */
export { ambiguousKey } from "./ambiguity.js";
export { commonKey, type PatternAutomaton, patternAutomaton } from "./automaton.js";
export { codecUsages, parameterCodecs } from "./codecs.js";
export {
  date,
  enc,
  hex,
  int,
  ip,
  ipEnc,
  matching,
  oneOf,
  rest,
  sha256,
  sha256Email,
  str,
  strWithout,
  ulid,
  uuid,
} from "./encode.js";
export { escapeGlob, formatKey, matchKey, scanPattern } from "./key.js";
export { meetingPairs } from "./meeting-pairs.js";
export type { Parameter, ParameterCodec } from "./parameter.js";
export { ParameterProblem } from "./parameter-problem.js";
export { type ParsedPattern, parsePattern } from "./parse.js";
export type { Pattern, PatternTag, Segment } from "./pattern.js";
export { extractTag, keySlot, shareTag } from "./slot.js";
export type { CheckPattern, PatternError, PatternKey, PatternTagText } from "./types.js";
