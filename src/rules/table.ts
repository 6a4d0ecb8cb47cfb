/**
 * The rules, one row each, by topic.
 *
 * @module
 */
import { nobodyHere, ownerUninvolved, unusedName, writerAlsoReader } from "./access.js";
import { unknownAllow, unusedAllow } from "./allowed.js";
import { blockBelowWindow } from "./block-below-window.js";
import { keyBelongsToTwo } from "./disjoint-patterns.js";
import { keyOfTwoPrefixes } from "./disjoint-prefixes.js";
import { purposeSaysNothing } from "./documentation.js";
import { foreignFormat, foreignWire } from "./foreign.js";
import { moveExpired, moveForeign, moveLong } from "./moves.js";
import { namingCase, namingParts, namingSeparator } from "./naming.js";
import { openValue } from "./open-value.js";
import { personalDataInKey } from "./personal-data.js";
import { functionPrefix, servicePrefix } from "./prefixes.js";
import type { Rule } from "./rule.js";
import { hotSlot, scopeOfOne, scopeUnapproved, scopeUnused } from "./scopes.js";
import { scriptBannedCommand, scriptComputedCommand, scriptUndeclaredKey, scriptWritesRead } from "./scripts.js";
import { capLarge, unboundedValue } from "./size.js";
import { tagRawInput } from "./tag-raw-input.js";
import { absentAgainstTier, deadlineAgainstTier, rebuildableThrows, tierAgainstKind, tierSharesStore } from "./tier.js";
import { persistCache, ttlRequired, ttlSettingShared } from "./ttl.js";
import { ttlMaximum } from "./ttl-maximum.js";

export const rules: readonly Rule[] = [
  keyBelongsToTwo,
  keyOfTwoPrefixes,
  namingCase,
  namingSeparator,
  namingParts,
  functionPrefix,
  servicePrefix,
  ttlMaximum,
  ttlRequired,
  persistCache,
  ttlSettingShared,
  blockBelowWindow,
  scopeUnapproved,
  scopeUnused,
  scopeOfOne,
  hotSlot,
  tagRawInput,
  unboundedValue,
  capLarge,
  foreignWire,
  foreignFormat,
  openValue,
  personalDataInKey,
  purposeSaysNothing,
  ownerUninvolved,
  writerAlsoReader,
  nobodyHere,
  unusedName,
  tierAgainstKind,
  tierSharesStore,
  deadlineAgainstTier,
  rebuildableThrows,
  absentAgainstTier,
  moveExpired,
  moveLong,
  moveForeign,
  scriptBannedCommand,
  scriptUndeclaredKey,
  scriptWritesRead,
  scriptComputedCommand,
  // What is allowed is held against all that the rules above found.
  unknownAllow,
  unusedAllow,
];
