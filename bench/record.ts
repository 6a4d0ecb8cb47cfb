/**
 * What is read and written: the record of a signed-in browser session, about 290 bytes of JSON with ids, texts, numbers,
 * a flag and one date; 1,000 of them, taken in turn.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";

export const RECORDS = 1000;

const fields = {
  userId: z.uuid(),
  deviceId: z.uuid(),
  displayName: z.string().min(1).max(64),
  email: z.email(),
  locale: z.enum(["en-GB", "de-DE", "fr-FR"]),
  loginCount: z.int().min(0),
  riskScore: z.number().min(0).max(1),
  verified: z.boolean(),
};

/** The date as text: everything in it is JSON-safe. */
export const recordWithText = z.object({ ...fields, signedInAt: z.iso.datetime() });
export type RecordWithText = z.infer<typeof recordWithText>;

/** The same with a Date, which JSON cannot carry and superjson can. */
export const recordWithDate = z.object({ ...fields, signedInAt: z.date() });
export type RecordWithDate = z.infer<typeof recordWithDate>;

const LOCALES = ["en-GB", "de-DE", "fr-FR"] as const;
const NOON = Date.UTC(2026, 2, 14, 12);

function uuid(seed: string): string {
  const hex = createHash("sha256").update(seed).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function record(i: number): RecordWithText {
  return {
    userId: uuid(`user ${i}`),
    deviceId: uuid(`device ${i}`),
    displayName: `Traveller Number ${i}`,
    email: `traveller.${i}@example.com`,
    locale: LOCALES[i % LOCALES.length] as RecordWithText["locale"],
    loginCount: i * 7,
    riskScore: (i % 100) / 100,
    verified: i % 2 === 0,
    // Within a day or so, as sessions are.
    signedInAt: new Date(NOON + i * 86_413).toISOString(),
  };
}

const all = Array.from({ length: RECORDS }, (_, i) => i);

/** The tokens that the records are found by: 32 hexadecimal digits. */
export const tokens: readonly string[] = all.map((i) =>
  createHash("sha256").update(`token ${i}`).digest("hex").slice(0, 32),
);
export const recordsWithText: readonly RecordWithText[] = all.map(record);
export const recordsWithDate: readonly RecordWithDate[] = recordsWithText.map((each) => ({
  ...each,
  signedInAt: new Date(each.signedInAt),
}));
/** Each record as JSON. */
export const texts: readonly string[] = recordsWithText.map((each) => JSON.stringify(each));

/** What a key lives: longer than any round. */
export const TTL_MS = 1_800_000;

/** The key as a team would write it by hand. */
export const keyOf = (prefix: string, token: string): string => `${prefix}session:${token}`;
