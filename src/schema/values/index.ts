/**
 * What a stored value is: its shape, its wire, its codec, its envelope.
 *
 * @module
 */
export { bytes } from "./bytes.js";
export { type Codec, type CodecOptions, compileCodec } from "./codec.js";
export {
  type EnvelopeHead,
  type EnvelopeKind,
  type EnvelopeWire,
  HEAD_LENGTH,
  HEAD_MARK,
  HEAD_OFFSETS,
  KIND_LETTERS,
  type ReadHead,
  readEnvelopeHead,
  type SplitEnvelope,
  splitEnvelope,
  writeEnvelope,
  writeEnvelopeHead,
} from "./envelope.js";
export { goldenSample } from "./golden-sample.js";
export { type JsonSchema, toJsonSchema } from "./json-schema.js";
export type * from "./shape.js";
export { shapeOf } from "./shape-of.js";
export { NewerVersionProblem, type ValueIssue, ValueProblem } from "./value-problem.js";
export { VersionedCodec } from "./versioned-codec.js";
export { chooseWire, type Wire, type WireChoice, type WireProblem, wireProblems } from "./wire.js";
