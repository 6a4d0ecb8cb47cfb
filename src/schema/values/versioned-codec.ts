/**
 * A codec whose texts hold the version of their schema, in the head of the envelope.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { Codec } from "./codec.js";
import { type EnvelopeWire, splitEnvelope, writeEnvelopeHead } from "./envelope.js";
import { type Upgrades, upgradeValue } from "./upgrade.js";
import { NewerVersionProblem, ValueProblem } from "./value-problem.js";

/** The id of an envelope whose text is the same at every write, so that scripts compare values by their texts. */
export const NO_ID = "0".repeat(16);

/** The version of a text without a head: it was stored before the family declared one. */
const BARE_VERSION = 1;

/**
 * Writes values of `version` in an envelope without an id and an end; reads these, older ones upgraded, and the bare text
 * of version 1.
 */
export class VersionedCodec<V> implements Codec<V> {
  readonly wire: EnvelopeWire;
  readonly binary = false;
  readonly #codec: Codec<V>;
  readonly #version: number;
  readonly #upgrades: Upgrades;
  /** What every text of this version begins with: the head, up to the JSON, or to superjson's first field. */
  readonly #before: string;

  constructor(codec: Codec<V>, version: number, upgrades: Upgrades = {}) {
    const { wire } = codec;
    if (wire !== "json" && wire !== "superjson") throw new TypeError(`${wire} has no place for a version`);
    this.wire = wire;
    this.#codec = codec;
    this.#version = version;
    this.#upgrades = upgrades;
    const head = writeEnvelopeHead({ kind: "value", id: NO_ID, version, hardEnd: null });
    this.#before = wire === "json" ? `${head},"json":` : `${head},`;
  }

  encode(value: V): string {
    const encoded = this.#codec.encode(value) as string;
    return this.wire === "json" ? `${this.#before}${encoded}}` : this.#before + encoded.slice(1);
  }

  /** @throws NewerVersionProblem for what a newer version wrote */
  decode(stored: string | Uint8Array): V {
    // The codec says in its words that this is no text.
    if (typeof stored !== "string" && !isUtf8(stored)) return this.#codec.decode(stored);
    const text = typeof stored === "string" ? stored : Buffer.from(stored).toString();
    if (text.startsWith(this.#before) && text.endsWith("}")) {
      const end = this.#before.length;
      return this.#codec.decode(this.wire === "json" ? text.slice(end, -1) : `{${text.slice(end)}`);
    }
    const split = splitEnvelope(text, this.wire);
    if (split === undefined) return this.#of(BARE_VERSION, text);
    const { head, body } = split;
    if (head.version > this.#version) throw new NewerVersionProblem(this.#version);
    if (head.kind !== "value") throw new ValueProblem("decode", [{ path: "", message: "is no value of this schema" }]);
    return this.#of(head.version, body);
  }

  #of(version: number, body: string): V {
    if (version === this.#version) return this.#codec.decode(body);
    return upgradeValue(this.#codec, this.#upgrades, version, this.#version, body);
  }
}
