import type { Target } from '../engine.ts';
import { addresses } from './addresses.ts';
import { dialect } from './dialect.ts';
import { exchange } from './exchange.ts';
import { lists } from './lists.ts';
import { milter } from './milter.ts';
import { opensmtpd } from './opensmtpd.ts';
import { policy } from './policy.ts';
import { records } from './records.ts';
import { redis } from './redis.ts';
import { smtpServer } from './smtp-server.ts';
import { snapshots } from './snapshot.ts';
import { spamdb } from './spamdb.ts';
import { wire } from './wire.ts';

/** Everything that is attacked. */
export const TARGETS: readonly Target[] = [
  wire,
  spamdb,
  snapshots,
  addresses,
  lists,
  records,
  dialect,
  smtpServer,
  redis,
  exchange,
  policy,
  milter,
  opensmtpd,
];
