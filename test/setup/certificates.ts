import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";

/** A key and its certificate, as PEM text. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const modern = { keyType: "ec", algorithm: "sha256" } as const;

/** A certificate authority of the test's own. */
export async function certificateAuthority(name: string): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
    ...modern,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key, cert };
}

/** A certificate that the authority has signed, for a server on 127.0.0.1 or a client. */
export async function signedBy(ca: Certificate, name: string): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: name }], {
    ...modern,
    ca: { key: ca.key, cert: ca.cert },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true, clientAuth: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { key, cert };
}

/** The same in files, for a server's command line. */
export async function filesOf(texts: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), "keywright-certificates-"));
  const path = (name: string) => join(folder, `${name}.pem`);
  await Promise.all(Object.entries(texts).map(([name, text]) => writeFile(path(name), text, { mode: 0o600 })));
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
