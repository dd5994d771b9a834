import { createRequire } from 'node:module';
import { Reader } from 'mmdb-lib';
import { fileBytes } from '../input/input.ts';

/**
 * A package with a database of countries, in the public domain (CC0), which an operator may install beside this one.
 */
const PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
const FILE = 'geo-whois-asn-country.mmdb';

/** The mark at which the metadata of a database begins, and within how many bytes of its end the mark is. */
const METADATA = '\xab\xcd\xefMaxMind.com';
const METADATA_ROOM = 128 * 1024;

/** The country and the autonomous system of an address. */
export interface Place {
  /** The country in ISO 3166, `NO`; empty if it is not known. */
  readonly country: string;
  /** The autonomous system, `AS64500 Example`; empty if it is not known. */
  readonly as: string;
}

/** The databases to look in, as files of MaxMind's format (mmdb). */
export interface PlaceOptions {
  /** The database of countries. Without it that of the package, if the package is installed. */
  readonly countryDb?: string | undefined;
  /** The database of autonomous systems. */
  readonly asnDb?: string | undefined;
}

/** The record of an address in a database, with the names that MaxMind uses, or those of the free databases. */
interface CountryRecord {
  readonly country_code?: string;
  readonly country?: { readonly iso_code?: string } | string;
}

interface AsnRecord {
  readonly autonomous_system_number?: number;
  readonly autonomous_system_organization?: string;
}

/** Knows in which country and autonomous system an address is. */
export class Places {
  readonly #country: Reader<never> | undefined;
  readonly #asn: Reader<never> | undefined;

  private constructor(country: Reader<never> | undefined, asn: Reader<never> | undefined) {
    this.#country = country;
    this.#asn = asn;
  }

  /** @throws {Error} For a file that cannot be read, or is not a database. */
  static async open({ countryDb = installed(), asnDb }: PlaceOptions): Promise<Places> {
    return new Places(await readerOf(countryDb), await readerOf(asnDb));
  }

  /** Whether it knows countries. */
  get knowsCountries(): boolean {
    return this.#country !== undefined;
  }

  /** @param ip An address, or a network, of which the first address counts. */
  of(ip: string): Place {
    const address = ip.replace(/\/.*/, '');
    const country = found<CountryRecord>(this.#country, address);
    const asn = found<AsnRecord>(this.#asn, address);
    return { country: codeOf(country), as: asWords(asn) };
  }
}

function installed(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(`${PACKAGE}/${FILE}`);
  } catch {
    return undefined;
  }
}

async function readerOf(path: string | undefined): Promise<Reader<never> | undefined> {
  if (path === undefined) return undefined;
  const bytes = await fileBytes(path);
  try {
    // Without this check the reader would search any file as a whole for the mark.
    if (bytes.subarray(-METADATA_ROOM).includes(METADATA, 0, 'latin1')) return new Reader(bytes);
  } catch {}
  throw new Error(`${path}: not a database of the form mmdb`);
}

/** The record of an address, if there is one. A database for IPv4 has none for IPv6. */
function found<T>(reader: Reader<never> | undefined, ip: string): T | undefined {
  if (reader === undefined || (ip.includes(':') && reader.metadata.ipVersion === 4)) return undefined;
  return (reader.get(ip) as T | null) ?? undefined;
}

function codeOf(record: CountryRecord | undefined): string {
  const country = record?.country;
  const code = record?.country_code ?? (typeof country === 'string' ? country : country?.iso_code);
  // A list is split at tabs, so only a valid code may go into it.
  return typeof code === 'string' && /^[A-Za-z]{2}$/.test(code) ? code.toUpperCase() : '';
}

function asWords(record: AsnRecord | undefined): string {
  const { autonomous_system_number: number, autonomous_system_organization: name = '' } = record ?? {};
  if (typeof number !== 'number' || number === 0) return '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would break the line.
  return `AS${number} ${name.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, ' ')}`.trim();
}
