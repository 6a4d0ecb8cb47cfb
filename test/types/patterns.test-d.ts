/**
 * What the compiler knows of patterns and durations. `tsc --noEmit` is the test: an equality that does not hold, and an
 * expected error that does not come, are errors.
 */
import type { CheckPattern, PatternError, PatternKey, PatternTagText } from "../../src/schema/patterns/index.js";
import type { CheckDuration, Duration, DurationError, Ttl } from "../../src/schema/ttl.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function holds<Claim extends true>(): Claim;

// ---- the key's interface

holds<Equal<PatternKey<"chat:messages:{<roomId>}">, { readonly roomId: string }>>();
holds<Equal<PatternKey<"events:geo">, Record<never, never>>>();
holds<
  Equal<
    PatternKey<"a:<x>:<n:int>:{<scene:enum(login|register|log)>}:<d:date>">,
    {
      readonly x: string;
      readonly n: number;
      readonly scene: "login" | "register" | "log";
      readonly d: string;
    }
  >
>();
holds<Equal<PatternKey<"a:<only:enum(one)>">, { readonly only: "one" }>>();
holds<
  Equal<
    PatternKey<"q:{<t:match(/[<>]{2}:[a-z]{2}/)>}:<n:int>:<u:match(/a|b/)>">,
    { readonly t: string; readonly n: number; readonly u: string }
  >
>();
holds<Equal<PatternKey<string>, { readonly [parameter: string]: string | number }>>();

declare function keyOf<const Text extends string>(pattern: Text & CheckPattern<Text>): PatternKey<Text>;
const key = keyOf("auth:code:{email:<email:sha256(email)>}:<scene:enum(login|register)>");
holds<Equal<typeof key, { readonly email: string; readonly scene: "login" | "register" }>>();
// @ts-expect-error: the choices are closed
key.scene === "logout";
// @ts-expect-error: there is no such parameter
key.user;

// ---- the tag's template

holds<Equal<PatternTagText<"chat:messages:{<roomId>}">, "{<roomId>}">>();
holds<Equal<PatternTagText<"auth:{email:<email:sha256(email)>}:<scene>">, "{email:<email:sha256(email)>}">>();
holds<Equal<PatternTagText<"a:<x>:{<y>:<z:int>-b}:<w>">, "{<y>:<z:int>-b}">>();
holds<Equal<PatternTagText<"{dashboard:projects-list}:<user>">, "{dashboard:projects-list}">>();
holds<Equal<PatternTagText<"a:{b}">, "{b}">>();
holds<Equal<PatternTagText<"login_ip:<ip:ip>">, undefined>>();
holds<Equal<PatternTagText<"a:<t:match(/[a-z]{2}/)>">, undefined>>();
holds<Equal<PatternTagText<"a:<t:match(/x{2}/)>:{<u:match(/[<>]{2}/)>}">, "{<u:match(/[<>]{2}/)>}">>();
holds<Equal<PatternTagText<string>, string | undefined>>();

// ---- what is wrong with a pattern

declare function pattern<const Text extends string>(text: Text & CheckPattern<Text>): Text;

const good = pattern("mpp:browser:active:{user:<id>}:<platform>");
holds<Equal<typeof good, "mpp:browser:active:{user:<id>}:<platform>">>();
pattern("a:<t:match(/[a-z]{2}/)>:{<x:ip>}:<a:ip(enc)>:<b:enc>:<c:sha256>:<d:ulid>:<e:uuid>:<f:hex>:<r:rest>");
pattern("events:geo");
pattern("a:<x:match(/</)>:b");
declare const unknownText: string;
pattern(unknownText);

type Codecs = "str, int, uuid, ulid, hex, date, enum(a|b), ip, ip(enc), enc, sha256, sha256(email), match(/…/) or rest";
holds<Equal<CheckPattern<"a:<x:foo>">, PatternError<`parameter <x:foo>: unknown codec 'foo'; use ${Codecs}`>>>();
// @ts-expect-error: unknown codec
pattern("a:<x:foo>");
// @ts-expect-error: no codec after the colon
pattern("a:<x:>");
// @ts-expect-error: unknown argument
pattern("a:<x:sha256(phone)>");

type EmptyTag =
  "the hash tag {} is empty, and Redis then hashes the whole key: put what shares the slot inside, as in {<roomId>}";
holds<Equal<CheckPattern<"a:{}">, PatternError<EmptyTag>>>();
holds<Equal<CheckPattern<"a:<x>:{}:b">, PatternError<EmptyTag>>>();
// @ts-expect-error: empty tag
pattern("a:{}:<x>");

type SecondTag = "the pattern has a second hash tag, and Redis looks at the first only: keep the braces of one";
holds<Equal<CheckPattern<"a:{<x>}:{<y>}">, PatternError<SecondTag>>>();
holds<Equal<CheckPattern<"a:{b}:{c}">, PatternError<SecondTag>>>();
holds<Equal<CheckPattern<"a:{b}:<x>:{c}">, PatternError<SecondTag>>>();
holds<Equal<CheckPattern<"a:{<x>}{">, PatternError<SecondTag>>>();
// @ts-expect-error: second tag
pattern("a:{<x>}:{<y>}");

type Nested = "a brace opens inside the hash tag: Redis ends a tag at the first }";
holds<Equal<CheckPattern<"a:{{<x>}}">, PatternError<Nested>>>();
holds<Equal<CheckPattern<"a:{<x>{">, PatternError<Nested>>>();
holds<Equal<CheckPattern<"a:{b{c}}">, PatternError<Nested>>>();

type Unclosed = "the hash tag is not closed: end it with }";
holds<Equal<CheckPattern<"a:{<x>">, PatternError<Unclosed>>>();
holds<Equal<CheckPattern<"a:{b">, PatternError<Unclosed>>>();

type Stray = "} closes no hash tag";
holds<Equal<CheckPattern<"a:<x>}">, PatternError<Stray>>>();
holds<Equal<CheckPattern<"a}:{<x>}">, PatternError<Stray>>>();
holds<Equal<CheckPattern<"a:{<x>}}">, PatternError<Stray>>>();
holds<Equal<CheckPattern<"a:{b}}">, PatternError<Stray>>>();

holds<Equal<CheckPattern<"a:<x">, PatternError<"the parameter that begins at <x is not closed">>>();
holds<Equal<CheckPattern<"a:<x:<y>">, PatternError<"the parameter that begins at <x:<y> is not closed">>>();
holds<Equal<CheckPattern<"a:<x:match(/b>">, PatternError<"the parameter that begins at <x:match(/b> is not closed">>>();
// @ts-expect-error: unclosed parameter
pattern("a:<x");

holds<Equal<CheckPattern<"a:<x>:<x:int>">, PatternError<"parameter <x> stands twice in the pattern">>>();
// @ts-expect-error: duplicate parameter
pattern("a:<x>:<y>:<x>");

holds<Equal<CheckPattern<"a:<>">, PatternError<"the parameter <> has no name">>>();
holds<Equal<CheckPattern<"a:<:int>">, PatternError<"the parameter <:int> has no name">>>();
holds<
  Equal<
    CheckPattern<"a:<x><y>">,
    PatternError<"nothing separates <x> from the parameter after it: put a ':' between them">
  >
>();
holds<Equal<CheckPattern<"">, PatternError<"the pattern is empty">>>();
// @ts-expect-error: empty pattern
pattern("");

// ---- long patterns do not exhaust the compiler

type Ten<N extends string> =
  `:<a${N}>:<b${N}>:<c${N}>:<d${N}>:<e${N}>:<f${N}>:<g${N}:int>:<h${N}:enum(x|y)>:<i${N}>:<j${N}>`;
type Forty = `long${Ten<"1">}:{${Ten<"2">}}${Ten<"3">}${Ten<"4">}`;
holds<Equal<CheckPattern<Forty>, Forty>>();
holds<Equal<PatternKey<Forty>["h4"], "x" | "y">>();

// ---- durations

declare function lasts<const Text extends string>(text: Text & CheckDuration<Text>): Text;
lasts("15m");
lasts("500ms");
lasts("7d");
holds<Equal<CheckDuration<"24h">, "24h">>();
holds<Equal<CheckDuration<"0s">, DurationError<"'0s' is not longer than nothing">>>();
holds<Equal<CheckDuration<"-5m">, DurationError<"'-5m' is not longer than nothing">>>();
type NoDuration<Text extends string> =
  DurationError<`'${Text}' is no duration: write a whole number and ms, s, m, h or d, such as '15m'`>;
holds<Equal<CheckDuration<"soon">, NoDuration<"soon">>>();
holds<Equal<CheckDuration<"5">, NoDuration<"5">>>();
holds<Equal<CheckDuration<"1.5h">, NoDuration<"1.5h">>>();
holds<Equal<CheckDuration<"1e3s">, NoDuration<"1e3s">>>();
holds<Equal<CheckDuration<"5 m">, NoDuration<"5 m">>>();
holds<Equal<CheckDuration<"5y">, NoDuration<"5y">>>();
// @ts-expect-error: no unit
lasts("15");
// @ts-expect-error: nothing
lasts("0s");

const ttls: Ttl[] = [
  "24h",
  { fixed: "24h", jitter: "1h" },
  { sliding: "30m", max: "24h" },
  { sliding: "30m" },
  { upTo: "1h" },
  { config: "sessionTtl", default: "1h", max: "24h" },
  { persist: "a ledger" },
];
ttls satisfies readonly Ttl[];
// @ts-expect-error: no unit
"24" satisfies Ttl;
// @ts-expect-error: a configured TTL is bounded
({ config: "sessionTtl", default: "1h" }) satisfies Ttl;
// @ts-expect-error: no such duration
"soon" satisfies Duration;
