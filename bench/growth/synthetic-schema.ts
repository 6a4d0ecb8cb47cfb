/**
 * A schema of any size as a company would have it: domains of twenty families each, all kinds, most codecs, scopes,
 * services that own, write and read, JSON-safe values and values with dates.
 *
 * @module
 */

/** One family of the schema. */
export interface SyntheticFamily {
  readonly name: string;
  /** Its declaration, `export const …`. */
  readonly declaration: string;
  /** Its zod schemas as they stand in the declaration: what the service would have without us, too. */
  readonly values: readonly string[];
}

export interface SyntheticDomain {
  readonly name: string;
  readonly families: readonly SyntheticFamily[];
}

export interface SyntheticSchema {
  readonly domains: readonly SyntheticDomain[];
  /** All files of the schema by name; the root is `redis.schema.ts`. */
  readonly files: ReadonlyMap<string, string>;
}

const words = [
  ..."chat orders billing catalogue events media search friends feed ads".split(" "),
  ..."inbox push calls stories groups pages wallet loyalty coupons returns".split(" "),
  ..."shipping stock pricing reviews questions support tickets fraud risk limits".split(" "),
  ..."identity devices consent exports imports reports audits backups jobs webhooks".split(" "),
  ..."maps routes weather places trips hotels flights rentals parking tolls".split(" "),
];

/** What a family is made from, within a domain. */
interface Frame {
  readonly domain: string;
  /** `orders` has the ids `ordersId`. */
  readonly id: string;
  /** The hash tag of the domain's scope, and what a key begins with. */
  readonly tag: string;
  readonly begin: string;
}

interface Blueprint {
  readonly name: string;
  declare(frame: Frame): { readonly kind: string; readonly pattern: string; readonly options: readonly string[] };
  readonly values?: readonly [field: string, zod: string][];
}

const profile = `z.object({
    id: z.uuid(),
    title: z.string().min(1).max(200),
    state: z.enum(["draft", "active", "closed"]),
    amount: z.number().min(0),
    tags: z.array(z.string().max(40)).max(20),
    updatedAt: z.date(),
  })`;
const card = `z.object({ url: z.string(), title: z.string().optional(), width: z.int(), height: z.int() })`;
const message = `z.object({ id: z.uuid(), from: z.uuid(), body: z.string(), at: z.date() })`;
const payment = `z.discriminatedUnion("type", [
    z.object({ type: z.literal("card"), last4: z.string(), expires: z.string() }),
    z.object({ type: z.literal("transfer"), iban: z.string() }),
  ])`;
const account = `z.object({ userId: z.uuid(), roles: z.array(z.string()).max(20), signedInAt: z.date() })`;

const scoped = (pattern: string) => (frame: Frame) =>
  `${frame.begin}${frame.domain}:${pattern.replace("#", frame.tag)}`;

/** In an order in which the first ten are of all sorts. */
const blueprints: readonly Blueprint[] = [
  {
    name: "profile",
    values: [["value", profile]],
    declare: (f) => ({ kind: "value", pattern: scoped("profile:#")(f), options: ['ttl: "24h"'] }),
  },
  {
    name: "card",
    values: [["value", card]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:card:<cardId:uuid>`,
      options: [`ttl: { config: "${f.domain}CardTtl", default: "10m", max: "24h" }`, 'undecodable: "miss"'],
    }),
  },
  {
    name: "count",
    declare: (f) => ({ kind: "counter", pattern: scoped("count:#")(f), options: ['ttl: "24h"'] }),
  },
  {
    name: "byAddress",
    declare: (f) => ({
      kind: "rateLimit",
      pattern: `${f.begin}${f.domain}:by_ip:<ip:ip>`,
      options: [
        'limit: 100, window: "15m", algorithm: "sliding-window", whenDown: "allow"',
        'ladder: { remember: "1h", steps: [{ violations: 3, block: "5m" }], reason: "too-many" }',
      ],
    }),
  },
  {
    name: "recent",
    values: [["item", message]],
    declare: (f) => ({ kind: "cappedList", pattern: scoped("recent:#")(f), options: ['ttl: "24h"', "cap: 100"] }),
  },
  {
    name: "here",
    values: [["member", "z.uuid()"]],
    declare: (f) => ({
      kind: "presence",
      pattern: scoped("here:#")(f),
      options: ['ttl: "1h"', 'heartbeat: "20s"', "devices: true"],
    }),
  },
  {
    name: "signedIn",
    values: [["value", account]],
    declare: (f) => ({
      kind: "session",
      pattern: `${f.begin}${f.domain}:session:<token:hex>`,
      options: [
        'ttl: { sliding: "30m", max: "24h" }',
        "ownedBy: (s) => s.userId",
        // In a slot of its own, so without the tenant's tag.
        `owners: "${f.domain}:session_owner:<ownerId:uuid>"`,
      ],
    }),
  },
  {
    name: "nearby",
    values: [["member", "z.uuid()"]],
    declare: (f) => ({ kind: "geoIndex", pattern: scoped("nearby:#")(f), options: ['ttl: "24h"', 'expires: "15m"'] }),
  },
  {
    name: "flag",
    values: [["value", "z.boolean()"]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:flag:<flag:match(/[a-z]+(-[a-z]+){0,4}/)>`,
      options: ['ttl: "5m"', 'wire: "boolean01"', 'undecodable: "miss"'],
    }),
  },
  {
    name: "seen",
    values: [["value", "z.int().nonnegative()"]],
    declare: (f) => ({
      kind: "value",
      pattern: scoped("seen:#:<userId:uuid>")(f),
      options: ['ttl: "7d"', 'wire: "int"', 'overwrite: "keep"'],
    }),
  },
  {
    name: "cardMeta",
    values: [["value", card]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:card:<cardId:uuid>:meta`,
      options: ['ttl: "1h"', 'wire: "plain"'],
    }),
  },
  {
    name: "posts",
    declare: (f) => ({
      kind: "rateLimit",
      pattern: scoped("posts:#:<userId:uuid>")(f),
      options: ['limit: 20, window: "1m", algorithm: "gcra", burst: 5, whenDown: "deny"'],
    }),
  },
  {
    name: "searches",
    values: [["item", "z.string()"]],
    declare: (f) => ({
      kind: "cappedList",
      pattern: `${f.begin}${f.domain}:searches:<userId:uuid>`,
      options: ['ttl: "30d"', "cap: 20", 'history: "recent"'],
    }),
  },
  {
    name: "preview",
    values: [["value", "z.string()"]],
    declare: (f) => ({ kind: "value", pattern: `${f.begin}${f.domain}:preview:<url:sha256>`, options: ['ttl: "6h"'] }),
  },
  {
    name: "byEmail",
    values: [["value", "z.uuid()"]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:by_email:<email:sha256(email)>`,
      options: ['ttl: "30d"', 'wire: "string"'],
    }),
  },
  {
    name: "payment",
    values: [["value", payment]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:payment:<paymentId:ulid>:draft`,
      options: ['ttl: { upTo: "7d" }'],
    }),
  },
  {
    name: "settings",
    values: [["value", "z.record(z.string(), z.string())"]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:settings:<plan:enum(free|team|enterprise)>:<userId:uuid>`,
      options: ['ttl: { sliding: "30m" }', 'allow: { "unbounded-value": "the settings are a fixed list of names" }'],
    }),
  },
  {
    name: "daily",
    declare: (f) => ({ kind: "counter", pattern: `${f.begin}${f.domain}:daily:<day:date>`, options: ['ttl: "7d"'] }),
  },
  {
    // As keys were named before anybody chose a separator.
    name: "old",
    values: [["value", "z.string()"]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}_old_<id>`,
      options: ['ttl: "1h"', 'wire: "string"', 'allow: { "naming-separator": "an old name" }'],
    }),
  },
  {
    name: "export",
    values: [["value", card]],
    declare: (f) => ({
      kind: "value",
      pattern: `${f.begin}${f.domain}:export:<path:rest>`,
      options: ['ttl: "1h"', 'overwrite: "keep"'],
    }),
  },
];

const perDomain = blueprints.length;

function pascal(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}

/** Every domain is a service; three more of them read what they show. */
function documentation(domain: string, i: number, tag: string): string[] {
  const other = words[(words.indexOf(domain.replace(/\d+$/, "")) + 1 + (i % 3)) % words.length] as string;
  const readers = ["gateway", ...(i % 3 === 0 ? ["support"] : []), ...(i % 4 === 0 ? [other] : [])];
  return [
    `purpose: "What ${domain} keeps, number ${i}: synthetic."`,
    `owner: "${domain}", domain: "${domain}", writers: ["${domain}"${i % 5 === 0 ? ', "worker"' : ""}], readers: ${JSON.stringify(readers.filter((reader) => reader !== domain))}`,
    tag,
  ];
}

function family(blueprint: Blueprint, i: number, frame: Frame, onTenant: boolean): SyntheticFamily {
  const { kind, pattern, options } = blueprint.declare(frame);
  const values = blueprint.values ?? [];
  const name = `${frame.domain}${pascal(blueprint.name)}`;
  const inScope = onTenant || pattern.includes(frame.tag);
  const tag = inScope
    ? `tag: scopes.${onTenant ? "tenant" : `${frame.domain}Room`}`
    : 'tag: none("each key stands alone")';
  const lines = [
    ...documentation(frame.domain, i, tag),
    ...options,
    ...values.map(([field, zod]) => `${field}: ${zod}`),
  ];
  const declaration = `export const ${name} = ${kind}(${JSON.stringify(pattern)}, {\n${lines.map((line) => `  ${line},\n`).join("")}});`;
  return { name, declaration, values: values.map(([, zod]) => zod) };
}

/**
 * A schema of `count` families.
 *
 * @param begin `domain`: keys begin with the domain's name; `tenant`: all keys begin with the tenant's hash tag
 */
export function syntheticSchema(count: number, begin: "domain" | "tenant" = "domain"): SyntheticSchema {
  const onTenant = begin === "tenant";
  const domains: SyntheticDomain[] = [];
  for (let at = 0; at * perDomain < count; at++) {
    const round = Math.floor(at / words.length);
    const name = `${words[at % words.length]}${round === 0 ? "" : round + 1}`;
    const id = `${name}Id`;
    const frame: Frame = onTenant
      ? { domain: name, id, tag: `<${id}:int>`, begin: "{<tenantId:uuid>}:" }
      : { domain: name, id, tag: `{<${id}:int>}`, begin: "" };
    const these = blueprints.slice(0, Math.min(perDomain, count - at * perDomain));
    domains.push({ name, families: these.map((blueprint, i) => family(blueprint, i, frame, onTenant)) });
  }
  return { domains, files: filesOf(domains, onTenant) };
}

function filesOf(domains: readonly SyntheticDomain[], onTenant: boolean): Map<string, string> {
  const because = 'because: "what changes together"';
  const scopes = onTenant
    ? [`  tenant: { tag: "{<tenantId:uuid>}", ${because} },`]
    : domains.map(({ name }) => `  ${name}Room: { tag: "{<${name}Id:int>}", ${because} },`);
  const files = new Map<string, string>([
    [
      "scopes.ts",
      `import { tagScopes } from "keywright/schema";\n\nexport const scopes = tagScopes({\n${scopes.join("\n")}\n});\n`,
    ],
  ]);
  for (const { name, families } of domains) {
    const text = families.map(({ declaration }) => declaration).join("\n\n");
    const used = ["cappedList", "counter", "geoIndex", "none", "presence", "rateLimit", "session", "value"].filter(
      (each) => text.includes(` ${each}(`),
    );
    const imports = [
      `import { ${used.join(", ")} } from "keywright/schema";`,
      'import { z } from "zod";',
      ...(text.includes("scopes.") ? ['import { scopes } from "./scopes.js";'] : []),
    ];
    files.set(`${name}.schema.ts`, `${imports.join("\n")}\n\n${text}\n`);
  }
  const root = [
    'import { keyspace } from "keywright/schema";',
    ...domains.map(({ name }) => `import * as ${name} from "./${name}.schema.js";`),
    'import { scopes } from "./scopes.js";',
    "",
    "export default keyspace({",
    '  name: "synthetic",',
    "  scopes,",
    `  families: { ${domains.map(({ name }) => `...${name}`).join(", ")} },`,
    "});",
    "",
  ];
  files.set("redis.schema.ts", root.join("\n"));
  return files;
}
