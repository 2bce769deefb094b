"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.RcsSegmentedMessage = exports.SegmentedMessage = void 0;
// eslint-disable-next-line import/no-unused-modules
var SegmentedMessage_1 = require("./libs/SegmentedMessage");
Object.defineProperty(exports, "SegmentedMessage", { enumerable: true, get: function () { return SegmentedMessage_1.SegmentedMessage; } });
// eslint-disable-next-line import/no-unused-modules
var RcsSegmentedMessage_1 = require("./libs/RcsSegmentedMessage");
Object.defineProperty(exports, "RcsSegmentedMessage", { enumerable: true, get: function () { return RcsSegmentedMessage_1.RcsSegmentedMessage; } });
//# sourceMappingURL=index.js.map