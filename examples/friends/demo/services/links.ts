/** What the links service does: previews of linked pages, which the chat service reads. */
import type { LinkPreview, ServiceRepositories } from "../../generated/redis/index.js";
import type { Database } from "./database.js";

/** The key holds the SHA-256 of the URL, so a URL of any length or content makes a short, safe key. */
export async function previewOf(
  redis: ServiceRepositories["links"],
  database: Database,
  url: string,
): Promise<LinkPreview> {
  return redis.linkPreview.fetch({ url }, () => database.openGraphOf(url));
}
