import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace spamdsyncsocket. */
export namespace spamdsyncsocket {

    /**
     * Properties of an Attempt.
     * @deprecated Use spamdsyncsocket.Attempt.$Properties instead.
     */
    interface IAttempt extends spamdsyncsocket.Attempt.$Properties {
    }

    /** Represents an Attempt. */
    class Attempt {

        /**
         * Constructs a new Attempt.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Attempt.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Attempt ip. */
        ip: string;

        /** Attempt helo. */
        helo: string;

        /** Attempt from. */
        from: string;

        /** Attempt to. */
        to: string;

        /** Attempt connectedTo. */
        connectedTo: string;

        /**
         * Encodes the specified Attempt message. Does not implicitly {@link spamdsyncsocket.Attempt.verify|verify} messages.
         * @param message Attempt message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Attempt.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes an Attempt message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Attempt & spamdsyncsocket.Attempt.$Shape} Attempt
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Attempt & spamdsyncsocket.Attempt.$Shape;
    }

    namespace Attempt {

        /** Properties of an Attempt. */
        interface $Properties {

            /** Attempt ip */
            ip?: (string|null);

            /** Attempt helo */
            helo?: (string|null);

            /** Attempt from */
            from?: (string|null);

            /** Attempt to */
            to?: (string|null);

            /** Attempt connectedTo */
            connectedTo?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of an Attempt. */
        type $Shape = spamdsyncsocket.Attempt.$Properties;
    }

    /**
     * Properties of a Claim.
     * @deprecated Use spamdsyncsocket.Claim.$Properties instead.
     */
    interface IClaim extends spamdsyncsocket.Claim.$Properties {
    }

    /** Represents a Claim. */
    class Claim {

        /**
         * Constructs a new Claim.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Claim.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Claim ip. */
        ip: string;

        /** Claim expires. */
        expires: number;

        /** Claim by. */
        by: string;

        /**
         * Encodes the specified Claim message. Does not implicitly {@link spamdsyncsocket.Claim.verify|verify} messages.
         * @param message Claim message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Claim.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Claim message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Claim & spamdsyncsocket.Claim.$Shape} Claim
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Claim & spamdsyncsocket.Claim.$Shape;
    }

    namespace Claim {

        /** Properties of a Claim. */
        interface $Properties {

            /** Claim ip */
            ip?: (string|null);

            /** Claim expires */
            expires?: (number|null);

            /** Claim by */
            by?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Claim. */
        type $Shape = spamdsyncsocket.Claim.$Properties;
    }

    /**
     * Properties of a Delivery.
     * @deprecated Use spamdsyncsocket.Delivery.$Properties instead.
     */
    interface IDelivery extends spamdsyncsocket.Delivery.$Properties {
    }

    /** Represents a Delivery. */
    class Delivery {

        /**
         * Constructs a new Delivery.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Delivery.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Delivery ip. */
        ip: string;

        /** Delivery endsTrap. */
        endsTrap: boolean;

        /**
         * Encodes the specified Delivery message. Does not implicitly {@link spamdsyncsocket.Delivery.verify|verify} messages.
         * @param message Delivery message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Delivery.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Delivery message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Delivery & spamdsyncsocket.Delivery.$Shape} Delivery
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Delivery & spamdsyncsocket.Delivery.$Shape;
    }

    namespace Delivery {

        /** Properties of a Delivery. */
        interface $Properties {

            /** Delivery ip */
            ip?: (string|null);

            /** Delivery endsTrap */
            endsTrap?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Delivery. */
        type $Shape = spamdsyncsocket.Delivery.$Properties;
    }

    /**
     * Properties of a Release.
     * @deprecated Use spamdsyncsocket.Release.$Properties instead.
     */
    interface IRelease extends spamdsyncsocket.Release.$Properties {
    }

    /** Represents a Release. */
    class Release {

        /**
         * Constructs a new Release.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Release.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Release attempt. */
        attempt?: (spamdsyncsocket.Attempt.$Properties|null);

        /** Release ip. */
        ip: string;

        /** Release endsTrap. */
        endsTrap: boolean;

        /**
         * Encodes the specified Release message. Does not implicitly {@link spamdsyncsocket.Release.verify|verify} messages.
         * @param message Release message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Release.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Release message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Release & spamdsyncsocket.Release.$Shape} Release
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Release & spamdsyncsocket.Release.$Shape;
    }

    namespace Release {

        /** Properties of a Release. */
        interface $Properties {

            /** Release attempt */
            attempt?: (spamdsyncsocket.Attempt.$Properties|null);

            /** Release ip */
            ip?: (string|null);

            /** Release endsTrap */
            endsTrap?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Release. */
        type $Shape = spamdsyncsocket.Release.$Properties;
    }

    /**
     * Properties of a Records.
     * @deprecated Use spamdsyncsocket.Records.$Properties instead.
     */
    interface IRecords extends spamdsyncsocket.Records.$Properties {
    }

    /** Represents a Records. */
    class Records {

        /**
         * Constructs a new Records.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Records.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Records record. */
        record: string[];

        /**
         * Encodes the specified Records message. Does not implicitly {@link spamdsyncsocket.Records.verify|verify} messages.
         * @param message Records message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Records.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Records message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Records & spamdsyncsocket.Records.$Shape} Records
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Records & spamdsyncsocket.Records.$Shape;
    }

    namespace Records {

        /** Properties of a Records. */
        interface $Properties {

            /** Records record */
            record?: (string[]|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Records. */
        type $Shape = spamdsyncsocket.Records.$Properties;
    }

    /**
     * Properties of a Request.
     * @deprecated Use spamdsyncsocket.Request.$Properties instead.
     */
    interface IRequest extends spamdsyncsocket.Request.$Properties {
    }

    /** Represents a Request. */
    class Request {

        /**
         * Constructs a new Request.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Request.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Request id. */
        id: number;

        /** Request check. */
        check?: (spamdsyncsocket.Attempt.$Properties|null);

        /** Request trap. */
        trap?: (spamdsyncsocket.Claim.$Properties|null);

        /** Request allow. */
        allow?: (spamdsyncsocket.Claim.$Properties|null);

        /** Request forget. */
        forget: string;

        /** Request addSpamtrap. */
        addSpamtrap: string;

        /** Request deleteSpamtrap. */
        deleteSpamtrap: string;

        /** Request hasSpamtrap. */
        hasSpamtrap: string;

        /** Request stats. */
        stats: boolean;

        /** Request sweep. */
        sweep: boolean;

        /** Request listSpamtraps. */
        listSpamtraps: boolean;

        /** Request export. */
        export: boolean;

        /** Request snapshot. */
        snapshot: boolean;

        /** Request import. */
        import?: (spamdsyncsocket.Records.$Properties|null);

        /** Request end. */
        end: boolean;

        /** Request delivered. */
        delivered?: (spamdsyncsocket.Delivery.$Properties|null);

        /** Request peerHealth. */
        peerHealth: boolean;

        /** Request peerStats. */
        peerStats: boolean;

        /** Request peerEvents. */
        peerEvents: boolean;

        /** Request checkTraps. */
        checkTraps?: (spamdsyncsocket.Attempt.$Properties|null);

        /** Request why. */
        why: string;

        /** Request release. */
        release?: (spamdsyncsocket.Release.$Properties|null);

        /** Request exportEvidence. */
        exportEvidence: boolean;

        /**
         * Encodes the specified Request message. Does not implicitly {@link spamdsyncsocket.Request.verify|verify} messages.
         * @param message Request message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Request.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Request message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Request & spamdsyncsocket.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Request & spamdsyncsocket.Request.$Shape;
    }

    namespace Request {

        /** Properties of a Request. */
        interface $Properties {

            /** Request id */
            id?: (number|null);

            /** Request check */
            check?: (spamdsyncsocket.Attempt.$Properties|null);

            /** Request trap */
            trap?: (spamdsyncsocket.Claim.$Properties|null);

            /** Request allow */
            allow?: (spamdsyncsocket.Claim.$Properties|null);

            /** Request forget */
            forget?: (string|null);

            /** Request addSpamtrap */
            addSpamtrap?: (string|null);

            /** Request deleteSpamtrap */
            deleteSpamtrap?: (string|null);

            /** Request hasSpamtrap */
            hasSpamtrap?: (string|null);

            /** Request stats */
            stats?: (boolean|null);

            /** Request sweep */
            sweep?: (boolean|null);

            /** Request listSpamtraps */
            listSpamtraps?: (boolean|null);

            /** Request export */
            "export"?: (boolean|null);

            /** Request snapshot */
            snapshot?: (boolean|null);

            /** Request import */
            "import"?: (spamdsyncsocket.Records.$Properties|null);

            /** Request end */
            end?: (boolean|null);

            /** Request delivered */
            delivered?: (spamdsyncsocket.Delivery.$Properties|null);

            /** Request peerHealth */
            peerHealth?: (boolean|null);

            /** Request peerStats */
            peerStats?: (boolean|null);

            /** Request peerEvents */
            peerEvents?: (boolean|null);

            /** Request checkTraps */
            checkTraps?: (spamdsyncsocket.Attempt.$Properties|null);

            /** Request why */
            why?: (string|null);

            /** Request release */
            release?: (spamdsyncsocket.Release.$Properties|null);

            /** Request exportEvidence */
            exportEvidence?: (boolean|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Request. */
        type $Shape = spamdsyncsocket.Request.$Properties;
    }

    /**
     * Properties of a Failure.
     * @deprecated Use spamdsyncsocket.Failure.$Properties instead.
     */
    interface IFailure extends spamdsyncsocket.Failure.$Properties {
    }

    /** Represents a Failure. */
    class Failure {

        /**
         * Constructs a new Failure.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Failure.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Failure code. */
        code: string;

        /** Failure message. */
        message: string;

        /**
         * Encodes the specified Failure message. Does not implicitly {@link spamdsyncsocket.Failure.verify|verify} messages.
         * @param message Failure message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Failure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Failure message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Failure & spamdsyncsocket.Failure.$Shape} Failure
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Failure & spamdsyncsocket.Failure.$Shape;
    }

    namespace Failure {

        /** Properties of a Failure. */
        interface $Properties {

            /** Failure code */
            code?: (string|null);

            /** Failure message */
            message?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Failure. */
        type $Shape = spamdsyncsocket.Failure.$Properties;
    }

    /**
     * Properties of a Verdict.
     * @deprecated Use spamdsyncsocket.Verdict.$Properties instead.
     */
    interface IVerdict extends spamdsyncsocket.Verdict.$Properties {
    }

    /** Represents a Verdict. */
    class Verdict {

        /**
         * Constructs a new Verdict.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Verdict.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Verdict action. */
        action: string;

        /** Verdict reason. */
        reason: string;

        /** Verdict reply. */
        reply: string;

        /** Verdict retryAfter. */
        retryAfter: number;

        /** Verdict expires. */
        expires: number;

        /** Verdict waited. */
        waited: number;

        /** Verdict trappedBy. */
        trappedBy: string;

        /** Verdict error. */
        error?: (spamdsyncsocket.Failure.$Properties|null);

        /** Verdict would. */
        would: string;

        /**
         * Encodes the specified Verdict message. Does not implicitly {@link spamdsyncsocket.Verdict.verify|verify} messages.
         * @param message Verdict message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Verdict.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Verdict message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Verdict & spamdsyncsocket.Verdict.$Shape} Verdict
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Verdict & spamdsyncsocket.Verdict.$Shape;
    }

    namespace Verdict {

        /** Properties of a Verdict. */
        interface $Properties {

            /** Verdict action */
            action?: (string|null);

            /** Verdict reason */
            reason?: (string|null);

            /** Verdict reply */
            reply?: (string|null);

            /** Verdict retryAfter */
            retryAfter?: (number|null);

            /** Verdict expires */
            expires?: (number|null);

            /** Verdict waited */
            waited?: (number|null);

            /** Verdict trappedBy */
            trappedBy?: (string|null);

            /** Verdict error */
            error?: (spamdsyncsocket.Failure.$Properties|null);

            /** Verdict would */
            would?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Verdict. */
        type $Shape = spamdsyncsocket.Verdict.$Properties;
    }

    /**
     * Properties of a Response.
     * @deprecated Use spamdsyncsocket.Response.$Properties instead.
     */
    interface IResponse extends spamdsyncsocket.Response.$Properties {
    }

    /** Represents a Response. */
    class Response {

        /**
         * Constructs a new Response.
         * @param [properties] Properties to set
         */
        constructor(properties?: spamdsyncsocket.Response.$Properties);

        /** Unknown fields preserved while decoding when enabled */
        $unknowns?: Uint8Array[];

        /** Response id. */
        id: number;

        /** Response failure. */
        failure?: (spamdsyncsocket.Failure.$Properties|null);

        /** Response verdict. */
        verdict?: (spamdsyncsocket.Verdict.$Properties|null);

        /** Response flag. */
        flag: boolean;

        /** Response json. */
        json: string;

        /** Response records. */
        records?: (spamdsyncsocket.Records.$Properties|null);

        /** Response spamtrap. */
        spamtrap: string[];

        /** Response chunk. */
        chunk: Uint8Array;

        /** Response end. */
        end: boolean;

        /** Response peerEvent. */
        peerEvent: string[];

        /** Response released. */
        released: string;

        /**
         * Encodes the specified Response message. Does not implicitly {@link spamdsyncsocket.Response.verify|verify} messages.
         * @param message Response message or plain object to encode
         * @param [writer] Writer to encode to
         * @returns Writer
         */
        static encode(message: spamdsyncsocket.Response.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

        /**
         * Decodes a Response message from the specified reader or buffer.
         * @param reader Reader or buffer to decode from
         * @param [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Response & spamdsyncsocket.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): spamdsyncsocket.Response & spamdsyncsocket.Response.$Shape;
    }

    namespace Response {

        /** Properties of a Response. */
        interface $Properties {

            /** Response id */
            id?: (number|null);

            /** Response failure */
            failure?: (spamdsyncsocket.Failure.$Properties|null);

            /** Response verdict */
            verdict?: (spamdsyncsocket.Verdict.$Properties|null);

            /** Response flag */
            flag?: (boolean|null);

            /** Response json */
            json?: (string|null);

            /** Response records */
            records?: (spamdsyncsocket.Records.$Properties|null);

            /** Response spamtrap */
            spamtrap?: (string[]|null);

            /** Response chunk */
            chunk?: (Uint8Array|null);

            /** Response end */
            end?: (boolean|null);

            /** Response peerEvent */
            peerEvent?: (string[]|null);

            /** Response released */
            released?: (string|null);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];
        }

        /** Shape of a Response. */
        type $Shape = spamdsyncsocket.Response.$Properties;
    }
}
