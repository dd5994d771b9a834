import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import type { Attempt, Greylist, Verdict } from 'spamd-sync';
import { greylistRcptTo, type RcptToHandler, type RcptToSession } from 'spamd-sync/adapters/smtp-server';
import { describe, expectTypeOf, it } from 'vitest';

declare const greylist: Greylist;

describe('greylistRcptTo', () => {
  it('makes what smtp-server takes, though it knows none of its types', () => {
    expectTypeOf(greylistRcptTo(greylist)).toExtend<NonNullable<SMTPServerOptions['onRcptTo']>>();
    expectTypeOf<SMTPServerSession>().toExtend<RcptToSession>();
    expectTypeOf(greylistRcptTo(greylist)).toEqualTypeOf<RcptToHandler>();
  });

  it('hands onVerdict the session of the server that it is for', () => {
    const options: SMTPServerOptions = {
      onRcptTo: greylistRcptTo(greylist, {
        onVerdict(...args) {
          expectTypeOf(args).toEqualTypeOf<[verdict: Verdict, attempt: Attempt, session: SMTPServerSession]>();
        },
      }),
    };
    expectTypeOf(options).toExtend<SMTPServerOptions>();
  });

  it('takes no other options', () => {
    // @ts-expect-error there is no such option
    greylistRcptTo(greylist, { tarpit: true });
  });
});
