/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["spamd-sync-socket"] || ($protobuf.roots["spamd-sync-socket"] = {});

export const spamdsyncsocket = $root.spamdsyncsocket = (() => {

    /**
     * Namespace spamdsyncsocket.
     * @exports spamdsyncsocket
     * @namespace
     */
    const spamdsyncsocket = {};

    spamdsyncsocket.Attempt = (function() {

        /**
         * Properties of an Attempt.
         * @typedef {Object} spamdsyncsocket.Attempt.$Properties
         * @property {string|null} [ip] Attempt ip
         * @property {string|null} [helo] Attempt helo
         * @property {string|null} [from] Attempt from
         * @property {string|null} [to] Attempt to
         * @property {string|null} [connectedTo] Attempt connectedTo
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of an Attempt.
         * @memberof spamdsyncsocket
         * @interface IAttempt
         * @augments spamdsyncsocket.Attempt.$Properties
         * @deprecated Use spamdsyncsocket.Attempt.$Properties instead.
         */

        /**
         * Shape of an Attempt.
         * @typedef {spamdsyncsocket.Attempt.$Properties} spamdsyncsocket.Attempt.$Shape
         */

        /**
         * Constructs a new Attempt.
         * @memberof spamdsyncsocket
         * @classdesc Represents an Attempt.
         * @constructor
         * @param {spamdsyncsocket.Attempt.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Attempt = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Attempt ip.
         * @member {string} ip
         * @memberof spamdsyncsocket.Attempt
         * @instance
         */
        Attempt.prototype.ip = "";

        /**
         * Attempt helo.
         * @member {string} helo
         * @memberof spamdsyncsocket.Attempt
         * @instance
         */
        Attempt.prototype.helo = "";

        /**
         * Attempt from.
         * @member {string} from
         * @memberof spamdsyncsocket.Attempt
         * @instance
         */
        Attempt.prototype.from = "";

        /**
         * Attempt to.
         * @member {string} to
         * @memberof spamdsyncsocket.Attempt
         * @instance
         */
        Attempt.prototype.to = "";

        /**
         * Attempt connectedTo.
         * @member {string} connectedTo
         * @memberof spamdsyncsocket.Attempt
         * @instance
         */
        Attempt.prototype.connectedTo = "";

        /**
         * Encodes the specified Attempt message. Does not implicitly {@link spamdsyncsocket.Attempt.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Attempt
         * @static
         * @param {spamdsyncsocket.Attempt.$Properties} message Attempt message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Attempt.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ip);
            if (message.helo != null && $Object.hasOwnProperty.call(message, "helo"))
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.helo);
            if (message.from != null && $Object.hasOwnProperty.call(message, "from"))
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.from);
            if (message.to != null && $Object.hasOwnProperty.call(message, "to"))
                writer.uint32(/* id 4, wireType 2 =*/34).string(message.to);
            if (message.connectedTo != null && $Object.hasOwnProperty.call(message, "connectedTo"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.connectedTo);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes an Attempt message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Attempt
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Attempt & spamdsyncsocket.Attempt.$Shape} Attempt
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Attempt.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Attempt();
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
                        message.helo = reader.string();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.from = reader.string();
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.to = reader.string();
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.connectedTo = reader.string();
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

        return Attempt;
    })();

    spamdsyncsocket.Claim = (function() {

        /**
         * Properties of a Claim.
         * @typedef {Object} spamdsyncsocket.Claim.$Properties
         * @property {string|null} [ip] Claim ip
         * @property {number|null} [expires] Claim expires
         * @property {string|null} [by] Claim by
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Claim.
         * @memberof spamdsyncsocket
         * @interface IClaim
         * @augments spamdsyncsocket.Claim.$Properties
         * @deprecated Use spamdsyncsocket.Claim.$Properties instead.
         */

        /**
         * Shape of a Claim.
         * @typedef {spamdsyncsocket.Claim.$Properties} spamdsyncsocket.Claim.$Shape
         */

        /**
         * Constructs a new Claim.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Claim.
         * @constructor
         * @param {spamdsyncsocket.Claim.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Claim = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Claim ip.
         * @member {string} ip
         * @memberof spamdsyncsocket.Claim
         * @instance
         */
        Claim.prototype.ip = "";

        /**
         * Claim expires.
         * @member {number} expires
         * @memberof spamdsyncsocket.Claim
         * @instance
         */
        Claim.prototype.expires = 0;

        /**
         * Claim by.
         * @member {string} by
         * @memberof spamdsyncsocket.Claim
         * @instance
         */
        Claim.prototype.by = "";

        /**
         * Encodes the specified Claim message. Does not implicitly {@link spamdsyncsocket.Claim.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Claim
         * @static
         * @param {spamdsyncsocket.Claim.$Properties} message Claim message or plain object to encode
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
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ip);
            if (message.expires != null && $Object.hasOwnProperty.call(message, "expires"))
                writer.uint32(/* id 2, wireType 1 =*/17).double(message.expires);
            if (message.by != null && $Object.hasOwnProperty.call(message, "by"))
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.by);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Claim message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Claim
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Claim & spamdsyncsocket.Claim.$Shape} Claim
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
            message = _target || new $root.spamdsyncsocket.Claim();
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
                        if (wireType !== 1)
                            break;
                        message.expires = reader.double();
                        continue;
                    }
                case 3: {
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

        return Claim;
    })();

    spamdsyncsocket.Delivery = (function() {

        /**
         * Properties of a Delivery.
         * @typedef {Object} spamdsyncsocket.Delivery.$Properties
         * @property {string|null} [ip] Delivery ip
         * @property {boolean|null} [endsTrap] Delivery endsTrap
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Delivery.
         * @memberof spamdsyncsocket
         * @interface IDelivery
         * @augments spamdsyncsocket.Delivery.$Properties
         * @deprecated Use spamdsyncsocket.Delivery.$Properties instead.
         */

        /**
         * Shape of a Delivery.
         * @typedef {spamdsyncsocket.Delivery.$Properties} spamdsyncsocket.Delivery.$Shape
         */

        /**
         * Constructs a new Delivery.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Delivery.
         * @constructor
         * @param {spamdsyncsocket.Delivery.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Delivery = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Delivery ip.
         * @member {string} ip
         * @memberof spamdsyncsocket.Delivery
         * @instance
         */
        Delivery.prototype.ip = "";

        /**
         * Delivery endsTrap.
         * @member {boolean} endsTrap
         * @memberof spamdsyncsocket.Delivery
         * @instance
         */
        Delivery.prototype.endsTrap = false;

        /**
         * Encodes the specified Delivery message. Does not implicitly {@link spamdsyncsocket.Delivery.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Delivery
         * @static
         * @param {spamdsyncsocket.Delivery.$Properties} message Delivery message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Delivery.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.ip);
            if (message.endsTrap != null && $Object.hasOwnProperty.call(message, "endsTrap"))
                writer.uint32(/* id 2, wireType 0 =*/16).bool(message.endsTrap);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Delivery message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Delivery
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Delivery & spamdsyncsocket.Delivery.$Shape} Delivery
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Delivery.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Delivery();
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
                        if (wireType !== 0)
                            break;
                        message.endsTrap = reader.bool();
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

        return Delivery;
    })();

    spamdsyncsocket.Release = (function() {

        /**
         * Properties of a Release.
         * @typedef {Object} spamdsyncsocket.Release.$Properties
         * @property {spamdsyncsocket.Attempt.$Properties|null} [attempt] Release attempt
         * @property {string|null} [ip] Release ip
         * @property {boolean|null} [endsTrap] Release endsTrap
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Release.
         * @memberof spamdsyncsocket
         * @interface IRelease
         * @augments spamdsyncsocket.Release.$Properties
         * @deprecated Use spamdsyncsocket.Release.$Properties instead.
         */

        /**
         * Shape of a Release.
         * @typedef {spamdsyncsocket.Release.$Properties} spamdsyncsocket.Release.$Shape
         */

        /**
         * Constructs a new Release.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Release.
         * @constructor
         * @param {spamdsyncsocket.Release.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Release = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Release attempt.
         * @member {spamdsyncsocket.Attempt.$Properties|null|undefined} attempt
         * @memberof spamdsyncsocket.Release
         * @instance
         */
        Release.prototype.attempt = null;

        /**
         * Release ip.
         * @member {string} ip
         * @memberof spamdsyncsocket.Release
         * @instance
         */
        Release.prototype.ip = "";

        /**
         * Release endsTrap.
         * @member {boolean} endsTrap
         * @memberof spamdsyncsocket.Release
         * @instance
         */
        Release.prototype.endsTrap = false;

        /**
         * Encodes the specified Release message. Does not implicitly {@link spamdsyncsocket.Release.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Release
         * @static
         * @param {spamdsyncsocket.Release.$Properties} message Release message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Release.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.attempt != null && $Object.hasOwnProperty.call(message, "attempt"))
                $root.spamdsyncsocket.Attempt.encode(message.attempt, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
            if (message.ip != null && $Object.hasOwnProperty.call(message, "ip"))
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.ip);
            if (message.endsTrap != null && $Object.hasOwnProperty.call(message, "endsTrap"))
                writer.uint32(/* id 3, wireType 0 =*/24).bool(message.endsTrap);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Release message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Release
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Release & spamdsyncsocket.Release.$Shape} Release
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Release.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Release();
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
                        message.attempt = $root.spamdsyncsocket.Attempt.decode(reader, reader.size(), $undefined, _depth + 1, message.attempt);
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.ip = reader.string();
                        continue;
                    }
                case 3: {
                        if (wireType !== 0)
                            break;
                        message.endsTrap = reader.bool();
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

        return Release;
    })();

    spamdsyncsocket.Records = (function() {

        /**
         * Properties of a Records.
         * @typedef {Object} spamdsyncsocket.Records.$Properties
         * @property {Array.<string>|null} [record] Records record
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Records.
         * @memberof spamdsyncsocket
         * @interface IRecords
         * @augments spamdsyncsocket.Records.$Properties
         * @deprecated Use spamdsyncsocket.Records.$Properties instead.
         */

        /**
         * Shape of a Records.
         * @typedef {spamdsyncsocket.Records.$Properties} spamdsyncsocket.Records.$Shape
         */

        /**
         * Constructs a new Records.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Records.
         * @constructor
         * @param {spamdsyncsocket.Records.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Records = function (properties) {
            this.record = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Records record.
         * @member {Array.<string>} record
         * @memberof spamdsyncsocket.Records
         * @instance
         */
        Records.prototype.record = $util.emptyArray;

        /**
         * Encodes the specified Records message. Does not implicitly {@link spamdsyncsocket.Records.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Records
         * @static
         * @param {spamdsyncsocket.Records.$Properties} message Records message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Records.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.record != null && message.record.length)
                for (let i = 0; i < message.record.length; ++i)
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.record[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Records message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Records
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Records & spamdsyncsocket.Records.$Shape} Records
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Records.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Records();
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
                        if (!(message.record && message.record.length))
                            message.record = [];
                        message.record.push(reader.string());
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

        return Records;
    })();

    spamdsyncsocket.Request = (function() {

        /**
         * Properties of a Request.
         * @typedef {Object} spamdsyncsocket.Request.$Properties
         * @property {number|null} [id] Request id
         * @property {spamdsyncsocket.Attempt.$Properties|null} [check] Request check
         * @property {spamdsyncsocket.Claim.$Properties|null} [trap] Request trap
         * @property {spamdsyncsocket.Claim.$Properties|null} [allow] Request allow
         * @property {string|null} [forget] Request forget
         * @property {string|null} [addSpamtrap] Request addSpamtrap
         * @property {string|null} [deleteSpamtrap] Request deleteSpamtrap
         * @property {string|null} [hasSpamtrap] Request hasSpamtrap
         * @property {boolean|null} [stats] Request stats
         * @property {boolean|null} [sweep] Request sweep
         * @property {boolean|null} [listSpamtraps] Request listSpamtraps
         * @property {boolean|null} ["export"] Request export
         * @property {boolean|null} [snapshot] Request snapshot
         * @property {spamdsyncsocket.Records.$Properties|null} ["import"] Request import
         * @property {boolean|null} [end] Request end
         * @property {spamdsyncsocket.Delivery.$Properties|null} [delivered] Request delivered
         * @property {boolean|null} [peerHealth] Request peerHealth
         * @property {boolean|null} [peerStats] Request peerStats
         * @property {boolean|null} [peerEvents] Request peerEvents
         * @property {spamdsyncsocket.Attempt.$Properties|null} [checkTraps] Request checkTraps
         * @property {string|null} [why] Request why
         * @property {spamdsyncsocket.Release.$Properties|null} [release] Request release
         * @property {boolean|null} [exportEvidence] Request exportEvidence
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Request.
         * @memberof spamdsyncsocket
         * @interface IRequest
         * @augments spamdsyncsocket.Request.$Properties
         * @deprecated Use spamdsyncsocket.Request.$Properties instead.
         */

        /**
         * Shape of a Request.
         * @typedef {spamdsyncsocket.Request.$Properties} spamdsyncsocket.Request.$Shape
         */

        /**
         * Constructs a new Request.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Request.
         * @constructor
         * @param {spamdsyncsocket.Request.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Request = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Request id.
         * @member {number} id
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.id = 0;

        /**
         * Request check.
         * @member {spamdsyncsocket.Attempt.$Properties|null|undefined} check
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.check = null;

        /**
         * Request trap.
         * @member {spamdsyncsocket.Claim.$Properties|null|undefined} trap
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.trap = null;

        /**
         * Request allow.
         * @member {spamdsyncsocket.Claim.$Properties|null|undefined} allow
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.allow = null;

        /**
         * Request forget.
         * @member {string} forget
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.forget = "";

        /**
         * Request addSpamtrap.
         * @member {string} addSpamtrap
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.addSpamtrap = "";

        /**
         * Request deleteSpamtrap.
         * @member {string} deleteSpamtrap
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.deleteSpamtrap = "";

        /**
         * Request hasSpamtrap.
         * @member {string} hasSpamtrap
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.hasSpamtrap = "";

        /**
         * Request stats.
         * @member {boolean} stats
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.stats = false;

        /**
         * Request sweep.
         * @member {boolean} sweep
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.sweep = false;

        /**
         * Request listSpamtraps.
         * @member {boolean} listSpamtraps
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.listSpamtraps = false;

        /**
         * Request export.
         * @member {boolean} export
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype["export"] = false;

        /**
         * Request snapshot.
         * @member {boolean} snapshot
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.snapshot = false;

        /**
         * Request import.
         * @member {spamdsyncsocket.Records.$Properties|null|undefined} import
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype["import"] = null;

        /**
         * Request end.
         * @member {boolean} end
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.end = false;

        /**
         * Request delivered.
         * @member {spamdsyncsocket.Delivery.$Properties|null|undefined} delivered
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.delivered = null;

        /**
         * Request peerHealth.
         * @member {boolean} peerHealth
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.peerHealth = false;

        /**
         * Request peerStats.
         * @member {boolean} peerStats
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.peerStats = false;

        /**
         * Request peerEvents.
         * @member {boolean} peerEvents
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.peerEvents = false;

        /**
         * Request checkTraps.
         * @member {spamdsyncsocket.Attempt.$Properties|null|undefined} checkTraps
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.checkTraps = null;

        /**
         * Request why.
         * @member {string} why
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.why = "";

        /**
         * Request release.
         * @member {spamdsyncsocket.Release.$Properties|null|undefined} release
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.release = null;

        /**
         * Request exportEvidence.
         * @member {boolean} exportEvidence
         * @memberof spamdsyncsocket.Request
         * @instance
         */
        Request.prototype.exportEvidence = false;

        /**
         * Encodes the specified Request message. Does not implicitly {@link spamdsyncsocket.Request.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Request
         * @static
         * @param {spamdsyncsocket.Request.$Properties} message Request message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Request.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.id);
            if (message.check != null && $Object.hasOwnProperty.call(message, "check"))
                $root.spamdsyncsocket.Attempt.encode(message.check, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.trap != null && $Object.hasOwnProperty.call(message, "trap"))
                $root.spamdsyncsocket.Claim.encode(message.trap, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.allow != null && $Object.hasOwnProperty.call(message, "allow"))
                $root.spamdsyncsocket.Claim.encode(message.allow, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
            if (message.forget != null && $Object.hasOwnProperty.call(message, "forget"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.forget);
            if (message.addSpamtrap != null && $Object.hasOwnProperty.call(message, "addSpamtrap"))
                writer.uint32(/* id 6, wireType 2 =*/50).string(message.addSpamtrap);
            if (message.deleteSpamtrap != null && $Object.hasOwnProperty.call(message, "deleteSpamtrap"))
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.deleteSpamtrap);
            if (message.hasSpamtrap != null && $Object.hasOwnProperty.call(message, "hasSpamtrap"))
                writer.uint32(/* id 8, wireType 2 =*/66).string(message.hasSpamtrap);
            if (message.stats != null && $Object.hasOwnProperty.call(message, "stats"))
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.stats);
            if (message.sweep != null && $Object.hasOwnProperty.call(message, "sweep"))
                writer.uint32(/* id 10, wireType 0 =*/80).bool(message.sweep);
            if (message.listSpamtraps != null && $Object.hasOwnProperty.call(message, "listSpamtraps"))
                writer.uint32(/* id 11, wireType 0 =*/88).bool(message.listSpamtraps);
            if (message["export"] != null && $Object.hasOwnProperty.call(message, "export"))
                writer.uint32(/* id 12, wireType 0 =*/96).bool(message["export"]);
            if (message.snapshot != null && $Object.hasOwnProperty.call(message, "snapshot"))
                writer.uint32(/* id 13, wireType 0 =*/104).bool(message.snapshot);
            if (message["import"] != null && $Object.hasOwnProperty.call(message, "import"))
                $root.spamdsyncsocket.Records.encode(message["import"], writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
            if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                writer.uint32(/* id 15, wireType 0 =*/120).bool(message.end);
            if (message.delivered != null && $Object.hasOwnProperty.call(message, "delivered"))
                $root.spamdsyncsocket.Delivery.encode(message.delivered, writer.uint32(/* id 16, wireType 2 =*/130).fork(), _depth + 1).ldelim();
            if (message.checkTraps != null && $Object.hasOwnProperty.call(message, "checkTraps"))
                $root.spamdsyncsocket.Attempt.encode(message.checkTraps, writer.uint32(/* id 17, wireType 2 =*/138).fork(), _depth + 1).ldelim();
            if (message.why != null && $Object.hasOwnProperty.call(message, "why"))
                writer.uint32(/* id 18, wireType 2 =*/146).string(message.why);
            if (message.release != null && $Object.hasOwnProperty.call(message, "release"))
                $root.spamdsyncsocket.Release.encode(message.release, writer.uint32(/* id 19, wireType 2 =*/154).fork(), _depth + 1).ldelim();
            if (message.exportEvidence != null && $Object.hasOwnProperty.call(message, "exportEvidence"))
                writer.uint32(/* id 20, wireType 0 =*/160).bool(message.exportEvidence);
            if (message.peerHealth != null && $Object.hasOwnProperty.call(message, "peerHealth"))
                writer.uint32(/* id 25, wireType 0 =*/200).bool(message.peerHealth);
            if (message.peerStats != null && $Object.hasOwnProperty.call(message, "peerStats"))
                writer.uint32(/* id 26, wireType 0 =*/208).bool(message.peerStats);
            if (message.peerEvents != null && $Object.hasOwnProperty.call(message, "peerEvents"))
                writer.uint32(/* id 27, wireType 0 =*/216).bool(message.peerEvents);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Request message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Request
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Request & spamdsyncsocket.Request.$Shape} Request
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Request.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Request();
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
                        message.id = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.check = $root.spamdsyncsocket.Attempt.decode(reader, reader.size(), $undefined, _depth + 1, message.check);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.trap = $root.spamdsyncsocket.Claim.decode(reader, reader.size(), $undefined, _depth + 1, message.trap);
                        continue;
                    }
                case 4: {
                        if (wireType !== 2)
                            break;
                        message.allow = $root.spamdsyncsocket.Claim.decode(reader, reader.size(), $undefined, _depth + 1, message.allow);
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.forget = reader.string();
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.addSpamtrap = reader.string();
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.deleteSpamtrap = reader.string();
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.hasSpamtrap = reader.string();
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        message.stats = reader.bool();
                        continue;
                    }
                case 10: {
                        if (wireType !== 0)
                            break;
                        message.sweep = reader.bool();
                        continue;
                    }
                case 11: {
                        if (wireType !== 0)
                            break;
                        message.listSpamtraps = reader.bool();
                        continue;
                    }
                case 12: {
                        if (wireType !== 0)
                            break;
                        message["export"] = reader.bool();
                        continue;
                    }
                case 13: {
                        if (wireType !== 0)
                            break;
                        message.snapshot = reader.bool();
                        continue;
                    }
                case 14: {
                        if (wireType !== 2)
                            break;
                        message["import"] = $root.spamdsyncsocket.Records.decode(reader, reader.size(), $undefined, _depth + 1, message["import"]);
                        continue;
                    }
                case 15: {
                        if (wireType !== 0)
                            break;
                        message.end = reader.bool();
                        continue;
                    }
                case 16: {
                        if (wireType !== 2)
                            break;
                        message.delivered = $root.spamdsyncsocket.Delivery.decode(reader, reader.size(), $undefined, _depth + 1, message.delivered);
                        continue;
                    }
                case 25: {
                        if (wireType !== 0)
                            break;
                        message.peerHealth = reader.bool();
                        continue;
                    }
                case 26: {
                        if (wireType !== 0)
                            break;
                        message.peerStats = reader.bool();
                        continue;
                    }
                case 27: {
                        if (wireType !== 0)
                            break;
                        message.peerEvents = reader.bool();
                        continue;
                    }
                case 17: {
                        if (wireType !== 2)
                            break;
                        message.checkTraps = $root.spamdsyncsocket.Attempt.decode(reader, reader.size(), $undefined, _depth + 1, message.checkTraps);
                        continue;
                    }
                case 18: {
                        if (wireType !== 2)
                            break;
                        message.why = reader.string();
                        continue;
                    }
                case 19: {
                        if (wireType !== 2)
                            break;
                        message.release = $root.spamdsyncsocket.Release.decode(reader, reader.size(), $undefined, _depth + 1, message.release);
                        continue;
                    }
                case 20: {
                        if (wireType !== 0)
                            break;
                        message.exportEvidence = reader.bool();
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

        return Request;
    })();

    spamdsyncsocket.Failure = (function() {

        /**
         * Properties of a Failure.
         * @typedef {Object} spamdsyncsocket.Failure.$Properties
         * @property {string|null} [code] Failure code
         * @property {string|null} [message] Failure message
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Failure.
         * @memberof spamdsyncsocket
         * @interface IFailure
         * @augments spamdsyncsocket.Failure.$Properties
         * @deprecated Use spamdsyncsocket.Failure.$Properties instead.
         */

        /**
         * Shape of a Failure.
         * @typedef {spamdsyncsocket.Failure.$Properties} spamdsyncsocket.Failure.$Shape
         */

        /**
         * Constructs a new Failure.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Failure.
         * @constructor
         * @param {spamdsyncsocket.Failure.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Failure = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Failure code.
         * @member {string} code
         * @memberof spamdsyncsocket.Failure
         * @instance
         */
        Failure.prototype.code = "";

        /**
         * Failure message.
         * @member {string} message
         * @memberof spamdsyncsocket.Failure
         * @instance
         */
        Failure.prototype.message = "";

        /**
         * Encodes the specified Failure message. Does not implicitly {@link spamdsyncsocket.Failure.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Failure
         * @static
         * @param {spamdsyncsocket.Failure.$Properties} message Failure message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Failure.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.code != null && $Object.hasOwnProperty.call(message, "code"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
            if (message.message != null && $Object.hasOwnProperty.call(message, "message"))
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.message);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Failure message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Failure
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Failure & spamdsyncsocket.Failure.$Shape} Failure
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Failure.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Failure();
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
                        message.code = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.message = reader.string();
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

        return Failure;
    })();

    spamdsyncsocket.Verdict = (function() {

        /**
         * Properties of a Verdict.
         * @typedef {Object} spamdsyncsocket.Verdict.$Properties
         * @property {string|null} [action] Verdict action
         * @property {string|null} [reason] Verdict reason
         * @property {string|null} [reply] Verdict reply
         * @property {number|null} [retryAfter] Verdict retryAfter
         * @property {number|null} [expires] Verdict expires
         * @property {number|null} [waited] Verdict waited
         * @property {string|null} [trappedBy] Verdict trappedBy
         * @property {spamdsyncsocket.Failure.$Properties|null} [error] Verdict error
         * @property {string|null} [would] Verdict would
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Verdict.
         * @memberof spamdsyncsocket
         * @interface IVerdict
         * @augments spamdsyncsocket.Verdict.$Properties
         * @deprecated Use spamdsyncsocket.Verdict.$Properties instead.
         */

        /**
         * Shape of a Verdict.
         * @typedef {spamdsyncsocket.Verdict.$Properties} spamdsyncsocket.Verdict.$Shape
         */

        /**
         * Constructs a new Verdict.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Verdict.
         * @constructor
         * @param {spamdsyncsocket.Verdict.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Verdict = function (properties) {
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Verdict action.
         * @member {string} action
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.action = "";

        /**
         * Verdict reason.
         * @member {string} reason
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.reason = "";

        /**
         * Verdict reply.
         * @member {string} reply
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.reply = "";

        /**
         * Verdict retryAfter.
         * @member {number} retryAfter
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.retryAfter = 0;

        /**
         * Verdict expires.
         * @member {number} expires
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.expires = 0;

        /**
         * Verdict waited.
         * @member {number} waited
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.waited = 0;

        /**
         * Verdict trappedBy.
         * @member {string} trappedBy
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.trappedBy = "";

        /**
         * Verdict error.
         * @member {spamdsyncsocket.Failure.$Properties|null|undefined} error
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.error = null;

        /**
         * Verdict would.
         * @member {string} would
         * @memberof spamdsyncsocket.Verdict
         * @instance
         */
        Verdict.prototype.would = "";

        /**
         * Encodes the specified Verdict message. Does not implicitly {@link spamdsyncsocket.Verdict.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Verdict
         * @static
         * @param {spamdsyncsocket.Verdict.$Properties} message Verdict message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Verdict.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.action != null && $Object.hasOwnProperty.call(message, "action"))
                writer.uint32(/* id 1, wireType 2 =*/10).string(message.action);
            if (message.reason != null && $Object.hasOwnProperty.call(message, "reason"))
                writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
            if (message.reply != null && $Object.hasOwnProperty.call(message, "reply"))
                writer.uint32(/* id 3, wireType 2 =*/26).string(message.reply);
            if (message.retryAfter != null && $Object.hasOwnProperty.call(message, "retryAfter"))
                writer.uint32(/* id 4, wireType 1 =*/33).double(message.retryAfter);
            if (message.expires != null && $Object.hasOwnProperty.call(message, "expires"))
                writer.uint32(/* id 5, wireType 1 =*/41).double(message.expires);
            if (message.waited != null && $Object.hasOwnProperty.call(message, "waited"))
                writer.uint32(/* id 6, wireType 1 =*/49).double(message.waited);
            if (message.trappedBy != null && $Object.hasOwnProperty.call(message, "trappedBy"))
                writer.uint32(/* id 7, wireType 2 =*/58).string(message.trappedBy);
            if (message.error != null && $Object.hasOwnProperty.call(message, "error"))
                $root.spamdsyncsocket.Failure.encode(message.error, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
            if (message.would != null && $Object.hasOwnProperty.call(message, "would"))
                writer.uint32(/* id 9, wireType 2 =*/74).string(message.would);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Verdict message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Verdict
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Verdict & spamdsyncsocket.Verdict.$Shape} Verdict
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Verdict.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Verdict();
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
                        message.action = reader.string();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.reason = reader.string();
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.reply = reader.string();
                        continue;
                    }
                case 4: {
                        if (wireType !== 1)
                            break;
                        message.retryAfter = reader.double();
                        continue;
                    }
                case 5: {
                        if (wireType !== 1)
                            break;
                        message.expires = reader.double();
                        continue;
                    }
                case 6: {
                        if (wireType !== 1)
                            break;
                        message.waited = reader.double();
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        message.trappedBy = reader.string();
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.error = $root.spamdsyncsocket.Failure.decode(reader, reader.size(), $undefined, _depth + 1, message.error);
                        continue;
                    }
                case 9: {
                        if (wireType !== 2)
                            break;
                        message.would = reader.string();
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

        return Verdict;
    })();

    spamdsyncsocket.Response = (function() {

        /**
         * Properties of a Response.
         * @typedef {Object} spamdsyncsocket.Response.$Properties
         * @property {number|null} [id] Response id
         * @property {spamdsyncsocket.Failure.$Properties|null} [failure] Response failure
         * @property {spamdsyncsocket.Verdict.$Properties|null} [verdict] Response verdict
         * @property {boolean|null} [flag] Response flag
         * @property {string|null} [json] Response json
         * @property {spamdsyncsocket.Records.$Properties|null} [records] Response records
         * @property {Array.<string>|null} [spamtrap] Response spamtrap
         * @property {Uint8Array|null} [chunk] Response chunk
         * @property {boolean|null} [end] Response end
         * @property {Array.<string>|null} [peerEvent] Response peerEvent
         * @property {string|null} [released] Response released
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */

        /**
         * Properties of a Response.
         * @memberof spamdsyncsocket
         * @interface IResponse
         * @augments spamdsyncsocket.Response.$Properties
         * @deprecated Use spamdsyncsocket.Response.$Properties instead.
         */

        /**
         * Shape of a Response.
         * @typedef {spamdsyncsocket.Response.$Properties} spamdsyncsocket.Response.$Shape
         */

        /**
         * Constructs a new Response.
         * @memberof spamdsyncsocket
         * @classdesc Represents a Response.
         * @constructor
         * @param {spamdsyncsocket.Response.$Properties=} [properties] Properties to set
         * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
         */
        const Response = function (properties) {
            this.spamtrap = [];
            this.peerEvent = [];
            if (properties)
                for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                    if (properties[keys[i]] != null && keys[i] !== "__proto__")
                        this[keys[i]] = properties[keys[i]];
        };

        /**
         * Response id.
         * @member {number} id
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.id = 0;

        /**
         * Response failure.
         * @member {spamdsyncsocket.Failure.$Properties|null|undefined} failure
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.failure = null;

        /**
         * Response verdict.
         * @member {spamdsyncsocket.Verdict.$Properties|null|undefined} verdict
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.verdict = null;

        /**
         * Response flag.
         * @member {boolean} flag
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.flag = false;

        /**
         * Response json.
         * @member {string} json
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.json = "";

        /**
         * Response records.
         * @member {spamdsyncsocket.Records.$Properties|null|undefined} records
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.records = null;

        /**
         * Response spamtrap.
         * @member {Array.<string>} spamtrap
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.spamtrap = $util.emptyArray;

        /**
         * Response chunk.
         * @member {Uint8Array} chunk
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.chunk = $util.newBuffer([]);

        /**
         * Response end.
         * @member {boolean} end
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.end = false;

        /**
         * Response peerEvent.
         * @member {Array.<string>} peerEvent
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.peerEvent = $util.emptyArray;

        /**
         * Response released.
         * @member {string} released
         * @memberof spamdsyncsocket.Response
         * @instance
         */
        Response.prototype.released = "";

        /**
         * Encodes the specified Response message. Does not implicitly {@link spamdsyncsocket.Response.verify|verify} messages.
         * @function encode
         * @memberof spamdsyncsocket.Response
         * @static
         * @param {spamdsyncsocket.Response.$Properties} message Response message or plain object to encode
         * @param {$protobuf.Writer} [writer] Writer to encode to
         * @returns {$protobuf.Writer} Writer
         */
        Response.encode = function (message, writer, _depth) {
            if (!writer)
                writer = $Writer.create();
            if (_depth === $undefined)
                _depth = 0;
            if (_depth > $util.recursionLimit)
                throw $Error("max depth exceeded");
            if (message.id != null && $Object.hasOwnProperty.call(message, "id"))
                writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.id);
            if (message.failure != null && $Object.hasOwnProperty.call(message, "failure"))
                $root.spamdsyncsocket.Failure.encode(message.failure, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
            if (message.verdict != null && $Object.hasOwnProperty.call(message, "verdict"))
                $root.spamdsyncsocket.Verdict.encode(message.verdict, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
            if (message.flag != null && $Object.hasOwnProperty.call(message, "flag"))
                writer.uint32(/* id 4, wireType 0 =*/32).bool(message.flag);
            if (message.json != null && $Object.hasOwnProperty.call(message, "json"))
                writer.uint32(/* id 5, wireType 2 =*/42).string(message.json);
            if (message.records != null && $Object.hasOwnProperty.call(message, "records"))
                $root.spamdsyncsocket.Records.encode(message.records, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
            if (message.spamtrap != null && message.spamtrap.length)
                for (let i = 0; i < message.spamtrap.length; ++i)
                    writer.uint32(/* id 7, wireType 2 =*/58).string(message.spamtrap[i]);
            if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk"))
                writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.chunk);
            if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                writer.uint32(/* id 9, wireType 0 =*/72).bool(message.end);
            if (message.released != null && $Object.hasOwnProperty.call(message, "released"))
                writer.uint32(/* id 10, wireType 2 =*/82).string(message.released);
            if (message.peerEvent != null && message.peerEvent.length)
                for (let i = 0; i < message.peerEvent.length; ++i)
                    writer.uint32(/* id 15, wireType 2 =*/122).string(message.peerEvent[i]);
            if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                for (let i = 0; i < message.$unknowns.length; ++i)
                    writer.raw(message.$unknowns[i]);
            return writer;
        };

        /**
         * Decodes a Response message from the specified reader or buffer.
         * @function decode
         * @memberof spamdsyncsocket.Response
         * @static
         * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
         * @param {number} [length] Message length if known beforehand
         * @returns {spamdsyncsocket.Response & spamdsyncsocket.Response.$Shape} Response
         * @throws {Error} If the payload is not a reader or valid buffer
         * @throws {$protobuf.util.ProtocolError} If required fields are missing
         */
        Response.decode = function (reader, length, _end, _depth, _target) {
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
            message = _target || new $root.spamdsyncsocket.Response();
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
                        message.id = reader.uint32();
                        continue;
                    }
                case 2: {
                        if (wireType !== 2)
                            break;
                        message.failure = $root.spamdsyncsocket.Failure.decode(reader, reader.size(), $undefined, _depth + 1, message.failure);
                        continue;
                    }
                case 3: {
                        if (wireType !== 2)
                            break;
                        message.verdict = $root.spamdsyncsocket.Verdict.decode(reader, reader.size(), $undefined, _depth + 1, message.verdict);
                        continue;
                    }
                case 4: {
                        if (wireType !== 0)
                            break;
                        message.flag = reader.bool();
                        continue;
                    }
                case 5: {
                        if (wireType !== 2)
                            break;
                        message.json = reader.string();
                        continue;
                    }
                case 6: {
                        if (wireType !== 2)
                            break;
                        message.records = $root.spamdsyncsocket.Records.decode(reader, reader.size(), $undefined, _depth + 1, message.records);
                        continue;
                    }
                case 7: {
                        if (wireType !== 2)
                            break;
                        if (!(message.spamtrap && message.spamtrap.length))
                            message.spamtrap = [];
                        message.spamtrap.push(reader.string());
                        continue;
                    }
                case 8: {
                        if (wireType !== 2)
                            break;
                        message.chunk = reader.bytes();
                        continue;
                    }
                case 9: {
                        if (wireType !== 0)
                            break;
                        message.end = reader.bool();
                        continue;
                    }
                case 15: {
                        if (wireType !== 2)
                            break;
                        if (!(message.peerEvent && message.peerEvent.length))
                            message.peerEvent = [];
                        message.peerEvent.push(reader.string());
                        continue;
                    }
                case 10: {
                        if (wireType !== 2)
                            break;
                        message.released = reader.string();
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

        return Response;
    })();

    return spamdsyncsocket;
})();

export {
  $root as default
};
