import { access, constants } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PolicyOptions } from '../../index.ts';
import { append, duration, linesOf, port } from '../options/arguments.ts';
import { controlOption } from '../options/control.ts';
import {
  checkExchangeOptions,
  type ExchangeCliOptions,
  exchangeIntervalOption,
  exchangeOption,
  exchangeWithOption,
} from '../options/exchange.ts';
import {
  checkKeyOptions,
  type GroupOptions,
  keyOptions,
  listenOptions,
  targetOptions,
  targetsOf,
} from '../options/group.ts';
import { type ListenAddress, listenAddress } from '../options/listen-address.ts';
import { UsageError } from '../terminal/failure.ts';

/** The options of `serve`, as commander gives them. */
export interface ServeOptions extends GroupOptions, ExchangeCliOptions {
  readonly keyOverlap: number;
  readonly exchangeInterval: number;
  readonly store: string;
  readonly control: string;
  readonly policy?: ListenAddress;
  readonly milter?: ListenAddress;
  readonly http?: HttpAddress;
  readonly httpName?: readonly string[];
  readonly passtime?: number;
  readonly greyexp?: number;
  readonly whiteexp?: number;
  readonly trapexp?: number;
  readonly subnetIpv4?: number;
  readonly subnetIpv6?: number;
  readonly lowPriorityMx?: string;
  readonly trapWins?: boolean;
  readonly onError?: 'pass' | 'defer';
  readonly exempt?: readonly string[];
  readonly exemptRecipients?: string;
  readonly exemptSenders?: string;
  readonly alloweddomains?: string;
  readonly spamtraps?: string;
  readonly learn?: boolean;
  readonly check?: boolean;
  readonly demo?: boolean;
  readonly stopTimeout: number;
  readonly verbose?: boolean;
}

/** Where the page, the metrics and the check are served. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

const STATE = '/var/lib/spamd-sync';
const HOUR = 3600;

export function addServeOptions(command: Command): Command {
  return keyOptions(targetOptions(listenOptions(command)))
    .addOption(
      new Option('--key-overlap <duration>', 'how long a key that SIGHUP replaced is still accepted; 0 for not at all')
        .argParser(duration)
        .default(HOUR, '1h'),
    )
    .addOption(exchangeOption())
    .addOption(exchangeWithOption())
    .addOption(exchangeIntervalOption())
    .addOption(
      new Option(
        '--store <store>',
        'where the greylist is kept: level:DIRECTORY, memory, or redis:URL as in redis:redis://127.0.0.1:6379/0',
      )
        .env('SPAMD_SYNC_STORE')
        .default(`level:${STATE}`),
    )
    .addOption(controlOption())
    .option(
      '--policy <where>',
      'answer Postfix and Exim there, by the policy protocol: unix:PATH or inet:HOST:PORT',
      listenAddress,
    )
    .option(
      '--milter <where>',
      'answer Sendmail, Postfix and others there, as a milter: unix:PATH or inet:HOST:PORT',
      listenAddress,
    )
    .option(
      '--http <address:port>',
      'serve the page, /metrics, /healthz and, for mail servers of this host, /check there; a port alone is on loopback',
      httpAddress,
    )
    .option(
      '--http-name <name>',
      'a name by which a proxy may ask for the page, /metrics and /healthz; repeatable',
      append,
    )
    .option('--passtime <duration>', 'how long a client has to wait until a retry passes (default: 25m)', duration)
    .option('--greyexp <duration>', 'how long a tuple is remembered (default: 4h)', duration)
    .option('--whiteexp <duration>', 'how long an address stays white (default: 36d)', duration)
    .option('--trapexp <duration>', 'how long an address stays trapped (default: 24h)', duration)
    .option(
      '--subnet-ipv4 <bits>',
      'an IPv4 network with a prefix of this many bits is one client (default: 32)',
      prefix,
    )
    .option(
      '--subnet-ipv6 <bits>',
      'an IPv6 network with a prefix of this many bits is one client (default: 64)',
      prefix,
    )
    .option('--low-priority-mx <address>', 'a client whose tuple is first seen at this address is trapped, as spamd -M')
    .option('--trap-wins', 'only a WHITE that this host itself decides ends a trap')
    .addOption(
      new Option('--on-error <verdict>', 'the verdict while the store fails (default: pass)').choices([
        'pass',
        'defer',
      ]),
    )
    .option('--exempt <file>', 'a file of addresses and prefixes that always pass; repeatable', append)
    .option('--exempt-recipients <file>', 'a file of recipients that always pass, one a line, such as postmaster')
    .option('--exempt-senders <file>', 'a file of senders that always pass, one a line')
    .option(
      '--alloweddomains <file>',
      'a file of the domains that mail is accepted for, one a line, as spamd.alloweddomains (default: all)',
    )
    .option(
      '--learn',
      'pass all mail, but count, record and announce it as if it were greylisted; see docs/greylist.md',
    )
    .option('--spamtraps <file>', 'a file of spamtraps, one a line, to be added to the spamtraps that are known')
    .option(
      '--check',
      'check options, key, files, interface, targets and store, print what the daemon would do, and end',
    )
    .option('--demo', 'a made-up group on loopback, with its page; takes no -y, -Y, --greyd-target, -K')
    .addOption(
      new Option('--stop-timeout <duration>', 'how long stopping may take').argParser(duration).default(10, '10s'),
    )
    .option('-v, --verbose', 'a line for each entry received and each drop');
}

/** @throws {UsageError} For options that do not go together. */
export function checkServeOptions(options: ServeOptions): void {
  if (options.demo) {
    if (options.listen ?? options.target ?? options.greydTarget ?? options.key) {
      throw new UsageError('--demo takes no -y, -Y, --greyd-target, -K');
    }
    return;
  }
  if (options.listen === undefined && targetsOf(options).length === 0) {
    throw new UsageError('neither -y nor -Y: it would receive nothing and announce nothing');
  }
  checkExchangeOptions(options);
  checkKeyOptions(options);
}

/** The policy. Its files are read now. */
export async function policyOf(options: ServeOptions): Promise<PolicyOptions> {
  const { passtime, greyexp, whiteexp, trapexp, exempt = [], lowPriorityMx, trapWins, onError } = options;
  // A path that does not look like one would be taken for an address.
  const exemptFiles = exempt.map((path) => (/^\.{0,2}\//.test(path) ? path : `./${path}`));
  await Promise.all(exemptFiles.map((path) => access(path, constants.R_OK)));
  const [allowedDomains, exemptRecipients, exemptSenders] = await Promise.all(
    [options.alloweddomains, options.exemptRecipients, options.exemptSenders].map(async (path) =>
      path === undefined ? undefined : linesOf(path),
    ),
  );
  return {
    ...{ passtime, greyexp, whiteexp, trapexp, lowPriorityMx, trapWins, onError },
    ...{ allowedDomains, exemptRecipients, exemptSenders, exempt: exemptFiles },
    subnet: { ipv4: options.subnetIpv4, ipv6: options.subnetIpv6 },
    mode: options.learn ? 'learn' : 'enforce',
  };
}

/** @throws {InvalidArgumentError} For a text that is not a port, with or without an address before it. */
export function httpAddress(text: string): HttpAddress {
  const [, given = '127.0.0.1', digits = ''] = /^(?:(.+):)?(\d+)$/.exec(text) ?? [];
  const host = given.replace(/^\[(.*)\]$/, '$1').replace(/^localhost$/, '127.0.0.1');
  if (digits === '' || isIP(host) === 0) {
    throw new InvalidArgumentError('not a port, or an IP address and a port, such as 127.0.0.1:8026, [::1]:8026');
  }
  return { host, port: port(digits) };
}

function prefix(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('not a number of bits');
}
