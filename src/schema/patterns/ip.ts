/**
 * IP addresses as canonical text, by RFC 5952 for IPv6.
 *
 * @module
 */

/** The eight groups of the address that is being read; one buffer, as reading is synchronous. */
const groups = new Uint16Array(8);

/** The canonical text, or undefined where the text is no address. IPv4-mapped IPv6 becomes IPv4. */
export function canonicalIp(text: string): string | undefined {
  if (!text.includes(":")) return readIpv4(text, 0) >= 0 ? text : undefined;
  return readIpv6(text) ? writeIpv6() : undefined;
}

/** The address as a number of 32 bits, or -1. Leading zeros are refused: some readers take them as octal. */
function readIpv4(text: string, start: number): number {
  let address = 0;
  let octets = 0;
  let at = start;
  while (at < text.length) {
    const first = at;
    let octet = 0;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) break;
      octet = octet * 10 + digit;
      if (octet > 255) return -1;
    }
    if (at === first || (at - first > 1 && text.charCodeAt(first) === 0x30)) return -1;
    address = address * 256 + octet;
    octets++;
    if (octets === 4) return at === text.length ? address : -1;
    if (text.charCodeAt(at) !== 0x2e) return -1;
    at++;
  }
  return -1;
}

/** Reads into {@link groups}. */
function readIpv6(text: string): boolean {
  let count = 0;
  let gap = -1;
  let at = 0;
  if (text.startsWith("::")) {
    gap = 0;
    at = 2;
  }
  while (at < text.length) {
    if (count === 8) return false;
    const first = at;
    let group = 0;
    for (; at < text.length; at++) {
      const digit = hexDigit(text.charCodeAt(at));
      if (digit < 0) break;
      if (at - first === 4) return false;
      group = group * 16 + digit;
    }
    if (text.charCodeAt(at) === 0x2e) {
      const ipv4 = readIpv4(text, first);
      if (ipv4 < 0 || count > 6) return false;
      groups[count++] = Math.floor(ipv4 / 65536);
      groups[count++] = ipv4 % 65536;
      at = text.length;
      break;
    }
    if (at === first) return false;
    groups[count++] = group;
    if (at === text.length) break;
    if (text.charCodeAt(at) !== 0x3a) return false;
    at++;
    if (text.charCodeAt(at) === 0x3a) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    } else if (at === text.length) {
      return false;
    }
  }
  if (gap < 0) return count === 8;
  // "::" stands for one group at least; RFC 5952 says not to write it for one, and readers accept it.
  if (count > 7) return false;
  groups.copyWithin(8 - (count - gap), gap, count);
  groups.fill(0, gap, 8 - (count - gap));
  return true;
}

function writeIpv6(): string {
  const isMapped = groups[5] === 0xffff && !groups[0] && !groups[1] && !groups[2] && !groups[3] && !groups[4];
  if (isMapped) return `${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  // The longest run of two or more zero groups is shortened, the first of equals (RFC 5952, 4.2).
  let runStart = -1;
  let runLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > runLength) {
      runStart = i;
      runLength = end - i;
    }
    if (end > i) i = end;
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i === runStart) {
      text += "::";
      i += runLength - 1;
      continue;
    }
    if (text !== "" && !text.endsWith("::")) text += ":";
    text += groups[i]!.toString(16);
  }
  return text;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : -1;
}
