/**
 * Personal data in keys. Keys are seen by everybody who can SCAN, MONITOR or read a slow log, and stay in dumps.
 *
 * @module
 */
import type { ManifestFamily, ManifestParameter } from "../schema/manifest.js";
import { parsePattern } from "../schema/patterns/index.js";
import { parametersOf } from "../schema/read-scopes.js";
import { eachFamily, type Rule } from "./rule.js";

/** One of the words in a parameter's name, e.g. `email` in `userEmail`. */
const words = [
  "email",
  "mail",
  "phone",
  "mobile",
  "msisdn",
  "ssn",
  "iban",
  "passport",
  "birthday",
  "password",
  "secret",
];
/** Neighbouring words, or a whole name: `name` alone is a person's, `flagName` is a flag's. */
const phrases = ["e mail", "first name", "last name", "full name", "user name", "display name", "real name", "surname"];
const wholeNames = ["name", "address", "dob", "pin", "otp"];
/** An address is what a limit counts by. */
const addresses = ["ip", "ipaddress", "remoteaddr", "clientip", "userip"];
const kindsByAddress = ["rateLimit"];

function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** `mailId` and `emailTemplateId` are ids of things; an `emailId` is mostly an address, and the id of a passport what stands in it. */
function isOfThing(word: string, rest: readonly string[]): boolean {
  const isId = ["id", "uuid", "ulid"].includes(rest.at(-1) ?? "");
  return isId && (word === "mail" || (word === "email" && rest.length > 1));
}

function isPersonal({ name, codec }: ManifestParameter, kind: string, more: readonly string[]): boolean {
  if (codec.startsWith("sha256")) return false;
  const spelt = wordsOf(name);
  const joined = spelt.join("");
  const isAddress = addresses.includes(joined) || codec === "ip" || codec.startsWith("ip(");
  if (isAddress) return !kindsByAddress.includes(kind);
  const text = spelt.join(" ");
  return (
    spelt.some((word, i) => words.includes(word) && !isOfThing(word, spelt.slice(i + 1))) ||
    phrases.some((phrase) => ` ${text} `.includes(` ${phrase} `)) ||
    wholeNames.includes(text) ||
    ["username", "fullname", "phonenumber"].includes(joined) ||
    more.some((each) => wordsOf(each).join("") === joined)
  );
}

/** The parameters of a family's keys and of its companions', each once. */
function parametersOfAll(family: ManifestFamily): ManifestParameter[] {
  const companions = family.companions
    .filter(({ pattern }) => !pattern.includes(family.pattern))
    .flatMap(({ pattern }) => parametersOf(parsePattern(pattern).pattern));
  const all = new Map([...companions, ...family.parameters].map((parameter) => [parameter.name, parameter]));
  return [...all.values()];
}

export const personalDataInKey: Rule = {
  id: "personal-data-in-key",
  severity: "error",
  topic: "personal data",
  purpose: "Keys appear in logs, dumps and monitors, where personal data has no place; a digest finds the key as well.",
  example: { bad: "auth:code:<email>", good: "auth:code:<email:sha256(email)>" },
  check: eachFamily((family, { rules }) =>
    parametersOfAll(family)
      .filter((parameter) => isPersonal(parameter, family.kind, rules.personalData))
      .map(({ name }) => ({
        field: "pattern",
        message: `the parameter "${name}" stands in the key as it is, and looks like personal data`,
        fix: `Write <${name}:${wordsOf(name).includes("email") ? "sha256(email)" : "sha256"}>, use an id, or say in allow why the key may hold it.`,
      })),
  ),
};
