/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["spamd-sync"] || ($protobuf.roots["spamd-sync"] = {});

export const spamdsync = $root.spamdsync = (() => {

    /**
     * Namespace spamdsync.
     * @exports spamdsync
     * @namespace
     */
    const spamdsync = {};

    spamdsync.Tuple = (function() {

        /**
         * Properties of a Tuple.
         * @typedef {Object} spamdsync.Tuple.$Properties
         * @property {string|null} [key] Tuple key
         * @property {number|null} [first] Tuple first
         * @property {number|null} [pass] Tuple pass
         * @property {number|null} [expires] Tuple expires
         * @property {number|null} [blocked] Tuple blocked
         * @property {number|null} [passed] Tuple passed
         * @property {string|null} [original] Tuple original
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Tuple.
         * @memberof spamdsync
         * @interface ITuple
         * @augments spamdsync.Tuple.$Properties
         * @deprecated Use spamdsync.Tuple.$Properties instead.
         */

        /**
         * Shape of a Tuple.
         * @typedef {spamdsync.Tuple.$Properties} spamdsync.Tuple.$Shape
         */

        /**
         * Constructs a new Tuple.
         * @memberof spamdsync
         * @classdesc Represents a Tuple.
         * @constructor
         * @param {spamdsync.Tuple.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Tuple = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Tuple key.
         * @member {string} key
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.key = "";

        /**
         * Tuple first.
         * @member {number} first
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.first = 0;

        /**
         * Tuple pass.
         * @member {number} pass
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.pass = 0;

        /**
         * Tuple expires.
         * @member {number} expires
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.expires = 0;

        /**
         * Tuple blocked.
         * @member {number} blocked
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.blocked = 0;

        /**
         * Tuple passed.
         * @member {number} passed
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.passed = 0;

        /**
         * Tuple original.
         * @member {string} original
         * @memberof spamdsync.Tuple
         * @instance
         */
        Tuple.prototype.original = "";

        /**
         * Encodes the specified Tuple message. Does not implicitly {@link spamdsync.Tuple.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Tuple
         * @static
         * @param {spamdsync.Tuple.$Properties} message Tuple message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Tuple.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.key != null && $Object.hasOwnProperty.call(message, "key"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.key);
            if (message.first != null && $Object.hasOwnProperty.call(message, "first"))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.first);
            if (message.pass != null && $Object.hasOwnProperty.call(message, "pass"))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.pass);
            if (message.expires != null && $Object.hasOwnProperty.call(message, "expires"))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.expires);
            if (message.blocked != null && $Object.hasOwnProperty.call(message, "blocked"))
                writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.blocked);
            if (message.passed != null && $Object.hasOwnProperty.call(message, "passed"))
                writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.passed);
            if (message.original != null && $Object.hasOwnProperty.call(message, "original"))
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.original);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Tuple message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Tuple
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Tuple & spamdsync.Tuple.$Shape} Tuple
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Tuple.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Tuple();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.key = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        message.first = reader.double();
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        message.pass = reader.double();
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        message.expires = reader.double();
                        continue;
                    }
                case 5: {
                        if (wireType !== 0)
                            break;
                        message.blocked = reader.uint32();
                        continue;
                    }
                case 6: {
                        if (wireType !== 0)
                            break;
                        message.passed = reader.uint32();
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.original = reader.string();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Tuple;
    })();

    spamdsync.Claim = (function() {

        /**
         * Properties of a Claim.
         * @typedef {Object} spamdsync.Claim.$Properties
         * @property {number|null} [at] Claim at
         * @property {number|null} [expires] Claim expires
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Claim.
         * @memberof spamdsync
         * @interface IClaim
         * @augments spamdsync.Claim.$Properties
         * @deprecated Use spamdsync.Claim.$Properties instead.
         */

        /**
         * Shape of a Claim.
         * @typedef {spamdsync.Claim.$Properties} spamdsync.Claim.$Shape
         */

        /**
         * Constructs a new Claim.
         * @memberof spamdsync
         * @classdesc Represents a Claim.
         * @constructor
         * @param {spamdsync.Claim.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Claim = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Claim at.
         * @member {number} at
         * @memberof spamdsync.Claim
         * @instance
         */
        Claim.prototype.at = 0;

        /**
         * Claim expires.
         * @member {number} expires
         * @memberof spamdsync.Claim
         * @instance
         */
        Claim.prototype.expires = 0;

        /**
         * Encodes the specified Claim message. Does not implicitly {@link spamdsync.Claim.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Claim
         * @static
         * @param {spamdsync.Claim.$Properties} message Claim message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Claim.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.at != null && $Object.hasOwnProperty.call(message, "at"))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.at);
            if (message.expires != null && $Object.hasOwnProperty.call(message, "expires"))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.expires);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Claim message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Claim
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Claim & spamdsync.Claim.$Shape} Claim
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Claim.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Claim();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        message.at = reader.double();
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        message.expires = reader.double();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Claim;
    })();

    spamdsync.Evidence = (function() {

        /**
         * Properties of an Evidence.
         * @typedef {Object} spamdsync.Evidence.$Properties
         * @property {string|null} [kind] Evidence kind
         * @property {number|null} [time] Evidence time
         * @property {number|null} [received] Evidence received
         * @property {string|null} [source] Evidence source
         * @property {string|null} [helo] Evidence helo
         * @property {string|null} [from] Evidence from
         * @property {string|null} [to] Evidence to
         * @property {string|null} [connectedTo] Evidence connectedTo
         * @property {string|null} [by] Evidence by
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Evidence.
         * @memberof spamdsync
         * @interface IEvidence
         * @augments spamdsync.Evidence.$Properties
         * @deprecated Use spamdsync.Evidence.$Properties instead.
         */

        /**
         * Shape of an Evidence.
         * @typedef {spamdsync.Evidence.$Properties} spamdsync.Evidence.$Shape
         */

        /**
         * Constructs a new Evidence.
         * @memberof spamdsync
         * @classdesc Represents an Evidence.
         * @constructor
         * @param {spamdsync.Evidence.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Evidence = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Evidence kind.
         * @member {string} kind
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.kind = "";

        /**
         * Evidence time.
         * @member {number} time
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.time = 0;

        /**
         * Evidence received.
         * @member {number} received
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.received = 0;

        /**
         * Evidence source.
         * @member {string} source
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.source = "";

        /**
         * Evidence helo.
         * @member {string} helo
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.helo = "";

        /**
         * Evidence from.
         * @member {string} from
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.from = "";

        /**
         * Evidence to.
         * @member {string} to
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.to = "";

        /**
         * Evidence connectedTo.
         * @member {string} connectedTo
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.connectedTo = "";

        /**
         * Evidence by.
         * @member {string} by
         * @memberof spamdsync.Evidence
         * @instance
         */
        Evidence.prototype.by = "";

        /**
         * Encodes the specified Evidence message. Does not implicitly {@link spamdsync.Evidence.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Evidence
         * @static
         * @param {spamdsync.Evidence.$Properties} message Evidence message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Evidence.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.kind != null && $Object.hasOwnProperty.call(message, "kind"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.kind);
            if (message.time != null && $Object.hasOwnProperty.call(message, "time"))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.time);
            if (message.received != null && $Object.hasOwnProperty.call(message, "received"))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.received);
            if (message.source != null && $Object.hasOwnProperty.call(message, "source"))
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.source);
            if (message.helo != null && $Object.hasOwnProperty.call(message, "helo"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.helo);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.from);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.to);
            if (message.connectedTo != null && $Object.hasOwnProperty.call(message, "connectedTo"))
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.connectedTo);
            if (message.by != null && $Object.hasOwnProperty.call(message, "by"))
                writer.uint32(/* id 9, wireType 2 =*/74).string(message.by);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Evidence message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Evidence
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Evidence & spamdsync.Evidence.$Shape} Evidence
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Evidence.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Evidence();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.kind = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        message.time = reader.double();
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        message.received = reader.double();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.source = reader.string();
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.helo = reader.string();
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.from = reader.string();
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.to = reader.string();
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.connectedTo = reader.string();
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.by = reader.string();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Evidence;
    })();

    spamdsync.Address = (function() {

        /**
         * Properties of an Address.
         * @typedef {Object} spamdsync.Address.$Properties
         * @property {string|null} [ip] Address ip
         * @property {Array.<spamdsync.Claim.$Properties>|null} [white] Address white
         * @property {Array.<spamdsync.Claim.$Properties>|null} [trapped] Address trapped
         * @property {number|null} [whiteRemoved] Address whiteRemoved
         * @property {number|null} [trappedRemoved] Address trappedRemoved
         * @property {number|null} [removalsExpire] Address removalsExpire
         * @property {number|null} [localWhite] Address localWhite
         * @property {string|null} [trappedBy] Address trappedBy
         * @property {number|null} [first] Address first
         * @property {number|null} [pass] Address pass
         * @property {number|null} [blocked] Address blocked
         * @property {number|null} [passed] Address passed
         * @property {number|null} [announcedExpires] Address announcedExpires
         * @property {number|null} [announcedAt] Address announcedAt
         * @property {Array.<spamdsync.Evidence.$Properties>|null} [evidence] Address evidence
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Address.
         * @memberof spamdsync
         * @interface IAddress
         * @augments spamdsync.Address.$Properties
         * @deprecated Use spamdsync.Address.$Properties instead.
         */

        /**
         * Shape of an Address.
         * @typedef {spamdsync.Address.$Properties} spamdsync.Address.$Shape
         */

        /**
         * Constructs a new Address.
         * @memberof spamdsync
         * @classdesc Represents an Address.
         * @constructor
         * @param {spamdsync.Address.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Address = function (properties) {
            this.white = [];
            this.trapped = [];
            this.evidence = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Address ip.
         * @member {string} ip
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.ip = "";

        /**
         * Address white.
         * @member {Array.<spamdsync.Claim.$Properties>} white
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.white = $util.emptyArray;

        /**
         * Address trapped.
         * @member {Array.<spamdsync.Claim.$Properties>} trapped
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.trapped = $util.emptyArray;

        /**
         * Address whiteRemoved.
         * @member {number} whiteRemoved
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.whiteRemoved = 0;

        /**
         * Address trappedRemoved.
         * @member {number} trappedRemoved
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.trappedRemoved = 0;

        /**
         * Address removalsExpire.
         * @member {number} removalsExpire
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.removalsExpire = 0;

        /**
         * Address localWhite.
         * @member {number} localWhite
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.localWhite = 0;

        /**
         * Address trappedBy.
         * @member {string} trappedBy
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.trappedBy = "";

        /**
         * Address first.
         * @member {number} first
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.first = 0;

        /**
         * Address pass.
         * @member {number} pass
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.pass = 0;

        /**
         * Address blocked.
         * @member {number} blocked
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.blocked = 0;

        /**
         * Address passed.
         * @member {number} passed
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.passed = 0;

        /**
         * Address announcedExpires.
         * @member {number} announcedExpires
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.announcedExpires = 0;

        /**
         * Address announcedAt.
         * @member {number} announcedAt
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.announcedAt = 0;

        /**
         * Address evidence.
         * @member {Array.<spamdsync.Evidence.$Properties>} evidence
         * @memberof spamdsync.Address
         * @instance
         */
        Address.prototype.evidence = $util.emptyArray;

        /**
         * Encodes the specified Address message. Does not implicitly {@link spamdsync.Address.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Address
         * @static
         * @param {spamdsync.Address.$Properties} message Address message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Address.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ip);
            if (message.white != null && message.white.length)
                for (let i = 0; i < message.white.length; ++i)
                    $root.spamdsync.Claim.encode(message.white[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.trapped != null && message.trapped.length)
                for (let i = 0; i < message.trapped.length; ++i)
                    $root.spamdsync.Claim.encode(message.trapped[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.whiteRemoved != null && $Object.hasOwnProperty.call(message, "whiteRemoved"))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.whiteRemoved);
            if (message.trappedRemoved != null && $Object.hasOwnProperty.call(message, "trappedRemoved"))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.trappedRemoved);
            if (message.removalsExpire != null && $Object.hasOwnProperty.call(message, "removalsExpire"))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.removalsExpire);
            if (message.localWhite != null && $Object.hasOwnProperty.call(message, "localWhite"))
                writer.uint32(/* id 7, wireType 1 =*/57).double(message.localWhite);
            if (message.trappedBy != null && $Object.hasOwnProperty.call(message, "trappedBy"))
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.trappedBy);
            if (message.first != null && $Object.hasOwnProperty.call(message, "first"))
                writer.uint32(/* id 9, wireType 1 =*/73).double(message.first);
            if (message.pass != null && $Object.hasOwnProperty.call(message, "pass"))
                writer.uint32(/* id 10, wireType 1 =*/81).double(message.pass);
            if (message.blocked != null && $Object.hasOwnProperty.call(message, "blocked"))
                writer.uint32(/* id 11, wireType 0 =*/88).uint32(message.blocked);
            if (message.passed != null && $Object.hasOwnProperty.call(message, "passed"))
                writer.uint32(/* id 12, wireType 0 =*/96).uint32(message.passed);
            if (message.announcedExpires != null && $Object.hasOwnProperty.call(message, "announcedExpires"))
                writer.uint32(/* id 13, wireType 1 =*/105).double(message.announcedExpires);
            if (message.announcedAt != null && $Object.hasOwnProperty.call(message, "announcedAt"))
                writer.uint32(/* id 14, wireType 1 =*/113).double(message.announcedAt);
            if (message.evidence != null && message.evidence.length)
                for (let i = 0; i < message.evidence.length; ++i)
                    $root.spamdsync.Evidence.encode(message.evidence[i], writer.uint32(/* id 15, wireType 2 =*/122).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Address message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Address
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Address & spamdsync.Address.$Shape} Address
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Address.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Address();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.ip = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.white && message.white.length))
                            message.white = [];
                        message.white.push($root.spamdsync.Claim.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.trapped && message.trapped.length))
                            message.trapped = [];
                        message.trapped.push($root.spamdsync.Claim.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        message.whiteRemoved = reader.double();
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        message.trappedRemoved = reader.double();
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        message.removalsExpire = reader.double();
                        continue;
                    }
                case 7: {
                        if (wireType !== 1)
                            break;
                        message.localWhite = reader.double();
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.trappedBy = reader.string();
                        continue;
                    }
                case 9: {
                        if (wireType !== 1)
                            break;
                        message.first = reader.double();
                        continue;
                    }
                case 10: {
                        if (wireType !== 1)
                            break;
                        message.pass = reader.double();
                        continue;
                    }
                case 11: {
                        if (wireType !== 0)
                            break;
                        message.blocked = reader.uint32();
                        continue;
                    }
                case 12: {
                        if (wireType !== 0)
                            break;
                        message.passed = reader.uint32();
                        continue;
                    }
                case 13: {
                        if (wireType !== 1)
                            break;
                        message.announcedExpires = reader.double();
                        continue;
                    }
                case 14: {
                        if (wireType !== 1)
                            break;
                        message.announcedAt = reader.double();
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if (!(message.evidence && message.evidence.length))
                            message.evidence = [];
                        message.evidence.push($root.spamdsync.Evidence.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Address;
    })();

    spamdsync.Spamtrap = (function() {

        /**
         * Properties of a Spamtrap.
         * @typedef {Object} spamdsync.Spamtrap.$Properties
         * @property {string|null} [address] Spamtrap address
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Spamtrap.
         * @memberof spamdsync
         * @interface ISpamtrap
         * @augments spamdsync.Spamtrap.$Properties
         * @deprecated Use spamdsync.Spamtrap.$Properties instead.
         */

        /**
         * Shape of a Spamtrap.
         * @typedef {spamdsync.Spamtrap.$Properties} spamdsync.Spamtrap.$Shape
         */

        /**
         * Constructs a new Spamtrap.
         * @memberof spamdsync
         * @classdesc Represents a Spamtrap.
         * @constructor
         * @param {spamdsync.Spamtrap.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Spamtrap = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Spamtrap address.
         * @member {string} address
         * @memberof spamdsync.Spamtrap
         * @instance
         */
        Spamtrap.prototype.address = "";

        /**
         * Encodes the specified Spamtrap message. Does not implicitly {@link spamdsync.Spamtrap.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Spamtrap
         * @static
         * @param {spamdsync.Spamtrap.$Properties} message Spamtrap message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Spamtrap.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.address != null && $Object.hasOwnProperty.call(message, "address"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.address);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Spamtrap message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Spamtrap
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Spamtrap & spamdsync.Spamtrap.$Shape} Spamtrap
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Spamtrap.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Spamtrap();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.address = reader.string();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Spamtrap;
    })();

    spamdsync.Counts = (function() {

        /**
         * Properties of a Counts.
         * @typedef {Object} spamdsync.Counts.$Properties
         * @property {number|null} [tuples] Counts tuples
         * @property {number|null} [addresses] Counts addresses
         * @property {number|null} [spamtraps] Counts spamtraps
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Counts.
         * @memberof spamdsync
         * @interface ICounts
         * @augments spamdsync.Counts.$Properties
         * @deprecated Use spamdsync.Counts.$Properties instead.
         */

        /**
         * Shape of a Counts.
         * @typedef {spamdsync.Counts.$Properties} spamdsync.Counts.$Shape
         */

        /**
         * Constructs a new Counts.
         * @memberof spamdsync
         * @classdesc Represents a Counts.
         * @constructor
         * @param {spamdsync.Counts.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Counts = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Counts tuples.
         * @member {number} tuples
         * @memberof spamdsync.Counts
         * @instance
         */
        Counts.prototype.tuples = 0;

        /**
         * Counts addresses.
         * @member {number} addresses
         * @memberof spamdsync.Counts
         * @instance
         */
        Counts.prototype.addresses = 0;

        /**
         * Counts spamtraps.
         * @member {number} spamtraps
         * @memberof spamdsync.Counts
         * @instance
         */
        Counts.prototype.spamtraps = 0;

        /**
         * Encodes the specified Counts message. Does not implicitly {@link spamdsync.Counts.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Counts
         * @static
         * @param {spamdsync.Counts.$Properties} message Counts message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Counts.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.tuples != null && $Object.hasOwnProperty.call(message, "tuples"))
                writer.uint32(/* id 1, wireType 1 =*/9).double(message.tuples);
            if (message.addresses != null && $Object.hasOwnProperty.call(message, "addresses"))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.addresses);
            if (message.spamtraps != null && $Object.hasOwnProperty.call(message, "spamtraps"))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.spamtraps);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Counts message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Counts
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Counts & spamdsync.Counts.$Shape} Counts
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Counts.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Counts();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 1)
                            break;
                        message.tuples = reader.double();
                        continue;
                    }
                case 2: {
                        if (wireType !== 1)
                            break;
                        message.addresses = reader.double();
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        message.spamtraps = reader.double();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Counts;
    })();

    spamdsync.Meta = (function() {

        /**
         * Properties of a Meta.
         * @typedef {Object} spamdsync.Meta.$Properties
         * @property {number|null} [format] Meta format
         * @property {spamdsync.Counts.$Properties|null} [counts] Meta counts
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Meta.
         * @memberof spamdsync
         * @interface IMeta
         * @augments spamdsync.Meta.$Properties
         * @deprecated Use spamdsync.Meta.$Properties instead.
         */

        /**
         * Shape of a Meta.
         * @typedef {spamdsync.Meta.$Properties} spamdsync.Meta.$Shape
         */

        /**
         * Constructs a new Meta.
         * @memberof spamdsync
         * @classdesc Represents a Meta.
         * @constructor
         * @param {spamdsync.Meta.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Meta = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Meta format.
         * @member {number} format
         * @memberof spamdsync.Meta
         * @instance
         */
        Meta.prototype.format = 0;

        /**
         * Meta counts.
         * @member {spamdsync.Counts.$Properties|null|undefined} counts
         * @memberof spamdsync.Meta
         * @instance
         */
        Meta.prototype.counts = null;

        /**
         * Encodes the specified Meta message. Does not implicitly {@link spamdsync.Meta.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Meta
         * @static
         * @param {spamdsync.Meta.$Properties} message Meta message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Meta.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.format != null && $Object.hasOwnProperty.call(message, "format"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.format);
            if (message.counts != null && $Object.hasOwnProperty.call(message, "counts"))
                $root.spamdsync.Counts.encode(message.counts, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Meta message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Meta
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Meta & spamdsync.Meta.$Shape} Meta
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Meta.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Meta();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 0)
                            break;
                        message.format = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.counts = $root.spamdsync.Counts.decode(reader, reader.size(), $undefined, _depth + 1, message.counts);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Meta;
    })();

    spamdsync.Snapshot = (function() {

        /**
         * Properties of a Snapshot.
         * @typedef {Object} spamdsync.Snapshot.$Properties
         * @property {spamdsync.Header.$Properties|null} [header] Snapshot header
         * @property {Array.<spamdsync.Tuple.$Properties>|null} [tuple] Snapshot tuple
         * @property {Array.<spamdsync.Address.$Properties>|null} [address] Snapshot address
         * @property {Array.<spamdsync.Spamtrap.$Properties>|null} [spamtrap] Snapshot spamtrap
         * @property {Array.<spamdsync.Checkpoint.$Properties>|null} [checkpoint] Snapshot checkpoint
         * @property {spamdsync.Trailer.$Properties|null} [trailer] Snapshot trailer
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Snapshot.
         * @memberof spamdsync
         * @interface ISnapshot
         * @augments spamdsync.Snapshot.$Properties
         * @deprecated Use spamdsync.Snapshot.$Properties instead.
         */

        /**
         * Shape of a Snapshot.
         * @typedef {spamdsync.Snapshot.$Properties} spamdsync.Snapshot.$Shape
         */

        /**
         * Constructs a new Snapshot.
         * @memberof spamdsync
         * @classdesc Represents a Snapshot.
         * @constructor
         * @param {spamdsync.Snapshot.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Snapshot = function (properties) {
            this.tuple = [];
            this.address = [];
            this.spamtrap = [];
            this.checkpoint = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Snapshot header.
         * @member {spamdsync.Header.$Properties|null|undefined} header
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.header = null;

        /**
         * Snapshot tuple.
         * @member {Array.<spamdsync.Tuple.$Properties>} tuple
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.tuple = $util.emptyArray;

        /**
         * Snapshot address.
         * @member {Array.<spamdsync.Address.$Properties>} address
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.address = $util.emptyArray;

        /**
         * Snapshot spamtrap.
         * @member {Array.<spamdsync.Spamtrap.$Properties>} spamtrap
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.spamtrap = $util.emptyArray;

        /**
         * Snapshot checkpoint.
         * @member {Array.<spamdsync.Checkpoint.$Properties>} checkpoint
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.checkpoint = $util.emptyArray;

        /**
         * Snapshot trailer.
         * @member {spamdsync.Trailer.$Properties|null|undefined} trailer
         * @memberof spamdsync.Snapshot
         * @instance
         */
        Snapshot.prototype.trailer = null;

        /**
         * Encodes the specified Snapshot message. Does not implicitly {@link spamdsync.Snapshot.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Snapshot
         * @static
         * @param {spamdsync.Snapshot.$Properties} message Snapshot message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Snapshot.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.header != null && $Object.hasOwnProperty.call(message, "header"))
                $root.spamdsync.Header.encode(message.header, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.tuple != null && message.tuple.length)
                for (let i = 0; i < message.tuple.length; ++i)
                    $root.spamdsync.Tuple.encode(message.tuple[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.address != null && message.address.length)
                for (let i = 0; i < message.address.length; ++i)
                    $root.spamdsync.Address.encode(message.address[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.spamtrap != null && message.spamtrap.length)
                for (let i = 0; i < message.spamtrap.length; ++i)
                    $root.spamdsync.Spamtrap.encode(message.spamtrap[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.checkpoint != null && message.checkpoint.length)
                for (let i = 0; i < message.checkpoint.length; ++i)
                    $root.spamdsync.Checkpoint.encode(message.checkpoint[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
            if (message.trailer != null && $Object.hasOwnProperty.call(message, "trailer"))
                $root.spamdsync.Trailer.encode(message.trailer, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Snapshot message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Snapshot
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Snapshot & spamdsync.Snapshot.$Shape} Snapshot
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Snapshot.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Snapshot();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.header = $root.spamdsync.Header.decode(reader, reader.size(), $undefined, _depth + 1, message.header);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        if (!(message.tuple && message.tuple.length))
                            message.tuple = [];
                        message.tuple.push($root.spamdsync.Tuple.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        if (!(message.address && message.address.length))
                            message.address = [];
                        message.address.push($root.spamdsync.Address.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        if (!(message.spamtrap && message.spamtrap.length))
                            message.spamtrap = [];
                        message.spamtrap.push($root.spamdsync.Spamtrap.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        if (!(message.checkpoint && message.checkpoint.length))
                            message.checkpoint = [];
                        message.checkpoint.push($root.spamdsync.Checkpoint.decode(reader, reader.size(), $undefined, _depth + 1));
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.trailer = $root.spamdsync.Trailer.decode(reader, reader.size(), $undefined, _depth + 1, message.trailer);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Snapshot;
    })();

    spamdsync.Header = (function() {

        /**
         * Properties of a Header.
         * @typedef {Object} spamdsync.Header.$Properties
         * @property {string|null} [magic] Header magic
         * @property {number|null} [format] Header format
         * @property {number|null} [time] Header time
         * @property {spamdsync.Counts.$Properties|null} [counts] Header counts
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Header.
         * @memberof spamdsync
         * @interface IHeader
         * @augments spamdsync.Header.$Properties
         * @deprecated Use spamdsync.Header.$Properties instead.
         */

        /**
         * Shape of a Header.
         * @typedef {spamdsync.Header.$Properties} spamdsync.Header.$Shape
         */

        /**
         * Constructs a new Header.
         * @memberof spamdsync
         * @classdesc Represents a Header.
         * @constructor
         * @param {spamdsync.Header.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Header = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Header magic.
         * @member {string} magic
         * @memberof spamdsync.Header
         * @instance
         */
        Header.prototype.magic = "";

        /**
         * Header format.
         * @member {number} format
         * @memberof spamdsync.Header
         * @instance
         */
        Header.prototype.format = 0;

        /**
         * Header time.
         * @member {number} time
         * @memberof spamdsync.Header
         * @instance
         */
        Header.prototype.time = 0;

        /**
         * Header counts.
         * @member {spamdsync.Counts.$Properties|null|undefined} counts
         * @memberof spamdsync.Header
         * @instance
         */
        Header.prototype.counts = null;

        /**
         * Encodes the specified Header message. Does not implicitly {@link spamdsync.Header.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Header
         * @static
         * @param {spamdsync.Header.$Properties} message Header message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Header.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.magic != null && $Object.hasOwnProperty.call(message, "magic"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.magic);
            if (message.format != null && $Object.hasOwnProperty.call(message, "format"))
                writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.format);
            if (message.time != null && $Object.hasOwnProperty.call(message, "time"))
                writer.uint32(/* id 3, wireType 1 =*/25).double(message.time);
            if (message.counts != null && $Object.hasOwnProperty.call(message, "counts"))
                $root.spamdsync.Counts.encode(message.counts, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Header message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Header
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Header & spamdsync.Header.$Shape} Header
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Header.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Header();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 2)
                            break;
                        message.magic = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 0)
                            break;
                        message.format = reader.uint32();
                        continue;
                    }
                case 3: {
                        if (wireType !== 1)
                            break;
                        message.time = reader.double();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.counts = $root.spamdsync.Counts.decode(reader, reader.size(), $undefined, _depth + 1, message.counts);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Header;
    })();

    spamdsync.Checkpoint = (function() {

        /**
         * Properties of a Checkpoint.
         * @typedef {Object} spamdsync.Checkpoint.$Properties
         * @property {number|null} [crc] Checkpoint crc
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Checkpoint.
         * @memberof spamdsync
         * @interface ICheckpoint
         * @augments spamdsync.Checkpoint.$Properties
         * @deprecated Use spamdsync.Checkpoint.$Properties instead.
         */

        /**
         * Shape of a Checkpoint.
         * @typedef {spamdsync.Checkpoint.$Properties} spamdsync.Checkpoint.$Shape
         */

        /**
         * Constructs a new Checkpoint.
         * @memberof spamdsync
         * @classdesc Represents a Checkpoint.
         * @constructor
         * @param {spamdsync.Checkpoint.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Checkpoint = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Checkpoint crc.
         * @member {number} crc
         * @memberof spamdsync.Checkpoint
         * @instance
         */
        Checkpoint.prototype.crc = 0;

        /**
         * Encodes the specified Checkpoint message. Does not implicitly {@link spamdsync.Checkpoint.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Checkpoint
         * @static
         * @param {spamdsync.Checkpoint.$Properties} message Checkpoint message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Checkpoint.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.crc != null && $Object.hasOwnProperty.call(message, "crc"))
                writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.crc);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Checkpoint message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Checkpoint
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Checkpoint & spamdsync.Checkpoint.$Shape} Checkpoint
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Checkpoint.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Checkpoint();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 5)
                            break;
                        message.crc = reader.fixed32();
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Checkpoint;
    })();

    spamdsync.Trailer = (function() {

        /**
         * Properties of a Trailer.
         * @typedef {Object} spamdsync.Trailer.$Properties
         * @property {number|null} [crc] Trailer crc
         * @property {spamdsync.Counts.$Properties|null} [counts] Trailer counts
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Trailer.
         * @memberof spamdsync
         * @interface ITrailer
         * @augments spamdsync.Trailer.$Properties
         * @deprecated Use spamdsync.Trailer.$Properties instead.
         */

        /**
         * Shape of a Trailer.
         * @typedef {spamdsync.Trailer.$Properties} spamdsync.Trailer.$Shape
         */

        /**
         * Constructs a new Trailer.
         * @memberof spamdsync
         * @classdesc Represents a Trailer.
         * @constructor
         * @param {spamdsync.Trailer.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Trailer = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Trailer crc.
         * @member {number} crc
         * @memberof spamdsync.Trailer
         * @instance
         */
        Trailer.prototype.crc = 0;

        /**
         * Trailer counts.
         * @member {spamdsync.Counts.$Properties|null|undefined} counts
         * @memberof spamdsync.Trailer
         * @instance
         */
        Trailer.prototype.counts = null;

        /**
         * Encodes the specified Trailer message. Does not implicitly {@link spamdsync.Trailer.verify|verify} messages.
         * @function encode
         * @memberof spamdsync.Trailer
         * @static
         * @param {spamdsync.Trailer.$Properties} message Trailer message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Trailer.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.crc != null && $Object.hasOwnProperty.call(message, "crc"))
                writer.uint32(/* id 1, wireType 5 =*/13).fixed32(message.crc);
            if (message.counts != null && $Object.hasOwnProperty.call(message, "counts"))
                $root.spamdsync.Counts.encode(message.counts, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Trailer message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsync.Trailer
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsync.Trailer & spamdsync.Trailer.$Shape} Trailer
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Trailer.decode = function (reader, length, _end, _depth, _target) {
            if (!(reader instanceof $Reader))
                reader = $Reader.create(reader);
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $Reader.recursionLimit)
                throw $Error("max depth exceeded");
            let end, message;
            if (length === $undefined)
                end = reader.len;
            else {
                end = reader.pos + length;
                if (end > reader.len)
                    throw $RangeError("index out of range");
                length = reader.len;
                reader.len = end;
            }
            message = _target || new $root.spamdsync.Trailer();
            while (reader.pos < end) {
                let start = reader.pos;
                let tag = reader.tag();
                if (tag === _end) {
                    _end = $undefined;
                    break;
                }
                let wireType = tag & 7;
                switch (tag >>>= 3) {
                case 1: {
                        if (wireType !== 5)
                            break;
                        message.crc = reader.fixed32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.counts = $root.spamdsync.Counts.decode(reader, reader.size(), $undefined, _depth + 1, message.counts);
                        continue;
                    }
                }
                reader.skipType(wireType, _depth, tag);
                if (!reader.discardUnknown) {
                    $util.makeProp(message, "$unknowns", false);
                    (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                }
            }
            if (length !== $undefined) {
                if (reader.pos !== end)
                    throw $RangeError("index out of range");
                reader.len = length;
            }
            if (_end !== $undefined)
                throw $Error("missing end group");
            return message;
        };

        return Trailer;
    })();

    return spamdsync;
})();

export {
  $root as default
};
