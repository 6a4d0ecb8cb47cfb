/**
 * The envelope: a stored value with what Keywright must know about it, as one text.
 *
 * ```
 * {"kw":{"k":"v","i":"0123456789abcdef","n":"0001","x":"001767323045678"},"json":{…},"meta":{…}}
 *  0          12       20                   43         54              69
 * ```
 *
 * It is superjson's text with one more field, which superjson's readers ignore. `kw` comes first, and its first four fields
 * have a fixed width, so a script compares them with GETRANGE or string.sub and never reads the value: see
 * {@link HEAD_OFFSETS}. All of the head is ASCII: offsets are bytes and characters alike. Further fields follow the fixed
 * ones. The head holds no brace and no escape, so the first `}` ends it.
 *
 * @module
 */

/**
 * What a key holds.
 *
 * - `value`: a value, in `json` (and `meta`).
 * - `negative`: "there is none", remembered for a short time.
 * - `token`: the lease of whoever is filling the key.
 * - `tombstone`: "it was removed", kept so that an older write cannot bring it back.
 */
export type EnvelopeKind = "value" | "negative" | "token" | "tombstone";

export interface EnvelopeHead {
  readonly kind: EnvelopeKind;
  /** 16 hexadecimal digits, lower case: a random id of this write, or a stamp that orders writes. */
  readonly id: string;
  /** The version of the value's schema, 0 to 9999. */
  readonly version: number;
  /** The hard end in milliseconds since 1970, beyond which no touch extends the key; null: none. */
  readonly hardEnd: number | null;
  /** Further short fields after the fixed head: names of lower-case letters, values of `[0-9A-Za-z._:-]`. */
  readonly extras?: Readonly<Record<string, string>>;
}

/** A head as it was read. A kind that only a newer version of Keywright knows is `unknown`: pass it over, never replace it. */
export interface ReadHead extends Omit<EnvelopeHead, "kind"> {
  readonly kind: EnvelopeKind | "unknown";
}

/** First byte and length of each fixed field. In Lua: `string.sub(text, at + 1, at + length)`. */
export const HEAD_OFFSETS = {
  kind: { at: 12, length: 1 },
  id: { at: 20, length: 16 },
  version: { at: 43, length: 4 },
  hardEnd: { at: 54, length: 15 },
} as const;

/** Length of the fixed head; the byte after it is `}`, or `,` before extras. */
export const HEAD_LENGTH = 70;

/** How the fixed head begins: `GETRANGE key 0 11` tells an envelope from anything else. */
export const HEAD_MARK = '{"kw":{"k":"';

/** The letter of each kind at `HEAD_OFFSETS.kind`. */
export const KIND_LETTERS: Readonly<Record<EnvelopeKind, string>> = {
  value: "v",
  negative: "n",
  token: "t",
  tombstone: "d",
};

const KINDS: ReadonlyMap<string, EnvelopeKind> = new Map(
  Object.entries(KIND_LETTERS).map(([kind, letter]) => [letter, kind as EnvelopeKind]),
);

const [ID, VERSION, HARD_END] = ['","i":"', '","n":"', '","x":"'];
const JSON_FIELD = ',"json":';
const NO_VALUE = '"json":null}';

/** The wires whose texts go into an envelope. */
export type EnvelopeWire = "json" | "superjson";

/**
 * Writes an envelope around a text that the codec of `wire` encoded; without a text, around `null`.
 *
 * @throws RangeError for a head that does not fit its fixed widths.
 */
export function writeEnvelope(head: EnvelopeHead, encoded?: string, wire: EnvelopeWire = "superjson"): string {
  const text = writeEnvelopeHead(head);
  if (encoded === undefined) return `${text},${NO_VALUE}`;
  return wire === "json" ? `${text}${JSON_FIELD}${encoded}}` : `${text},${encoded.slice(1)}`;
}

/** The head alone, up to the brace that closes `kw`: `{"kw":{…}`. What a script puts before `,"json":…}`. */
export function writeEnvelopeHead(head: EnvelopeHead): string {
  if (!/^[0-9a-f]{16}$/.test(head.id)) throw new RangeError("an envelope's id is 16 hexadecimal digits in lower case");
  const version = fixed(head.version, HEAD_OFFSETS.version.length, "version");
  const hardEnd = fixed(head.hardEnd ?? 0, HEAD_OFFSETS.hardEnd.length, "hard end");
  const extras = head.extras ? extrasText(head.extras) : "";
  return `${HEAD_MARK}${KIND_LETTERS[head.kind]}${ID}${head.id}${VERSION}${version}${HARD_END}${hardEnd}"${extras}}`;
}

/**
 * The head of a stored text; nothing where the text is no envelope of ours: a bare value, or one that another writer put
 * into another order.
 */
export function readEnvelopeHead(text: string): ReadHead | undefined {
  const end = headEnd(text);
  if (end === undefined) return undefined;
  const kind = KINDS.get(text[HEAD_OFFSETS.kind.at]!) ?? "unknown";
  const id = field(text, "id");
  const version = field(text, "version");
  const hardEnd = field(text, "hardEnd");
  if (!/^[0-9a-f]{16}$/.test(id) || !/^\d+$/.test(version) || !/^\d+$/.test(hardEnd)) return undefined;
  const head: ReadHead = { kind, id, version: Number(version), hardEnd: Number(hardEnd) || null };
  if (end === HEAD_LENGTH) return head;
  const extras = readExtras(text.slice(HEAD_LENGTH, end));
  return extras && { ...head, extras };
}

export interface SplitEnvelope {
  readonly head: ReadHead;
  /** What the codec of the wire decodes. */
  readonly body: string;
}

/** Takes an envelope apart; nothing where the text is none. `wire` is the wire that it was written with. */
export function splitEnvelope(text: string, wire: EnvelopeWire = "superjson"): SplitEnvelope | undefined {
  const head = readEnvelopeHead(text);
  if (head === undefined) return undefined;
  const end = headEnd(text)! + 1;
  if (!text.startsWith(JSON_FIELD, end) || !text.endsWith("}")) return undefined;
  const body = wire === "json" ? text.slice(end + JSON_FIELD.length, -1) : `{${text.slice(end + 1)}`;
  return { head, body };
}

/** Where the brace that closes `kw` stands, if the fixed parts are where they must be. */
function headEnd(text: string): number | undefined {
  const fits =
    text.startsWith(HEAD_MARK) &&
    text.startsWith(ID, HEAD_OFFSETS.id.at - ID.length) &&
    text.startsWith(VERSION, HEAD_OFFSETS.version.at - VERSION.length) &&
    text.startsWith(HARD_END, HEAD_OFFSETS.hardEnd.at - HARD_END.length) &&
    text.charCodeAt(HEAD_LENGTH - 1) === 34;
  const end = fits ? text.indexOf("}", HEAD_LENGTH) : -1;
  return end < 0 ? undefined : end;
}

function field(text: string, name: keyof typeof HEAD_OFFSETS): string {
  const { at, length } = HEAD_OFFSETS[name];
  return text.slice(at, at + length);
}

function fixed(value: number, width: number, name: string): string {
  const text = String(value);
  if (!Number.isSafeInteger(value) || value < 0 || text.length > width) {
    throw new RangeError(`an envelope's ${name} is a whole number of at most ${width} digits`);
  }
  return text.padStart(width, "0");
}

const EXTRA_NAME = /^(?!(?:k|i|n|x)$)[a-z]+$/;
const EXTRA_VALUE = /^[0-9A-Za-z._:-]*$/;

function extrasText(extras: Readonly<Record<string, string>>): string {
  return Object.keys(extras)
    .sort()
    .map((name) => {
      const value = extras[name]!;
      if (!EXTRA_NAME.test(name))
        throw new RangeError("an envelope's extra is named by lower-case letters, and not k, i, n or x");
      if (!EXTRA_VALUE.test(value))
        throw new RangeError(`an envelope's extra "${name}" holds letters, digits and . _ : - only`);
      return `,"${name}":"${value}"`;
    })
    .join("");
}

function readExtras(text: string): Readonly<Record<string, string>> | undefined {
  const extras: Record<string, string> = {};
  const pair = /,"([a-z]+)":"([0-9A-Za-z._:-]*)"/y;
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text);
    if (!found) return undefined;
    extras[found[1]!] = found[2]!;
  }
  return extras;
}
