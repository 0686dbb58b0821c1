#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace evd::queryd {

struct AskOptions {
    uint64_t limit_ms = 0;  // lowers the server's timeout; 0 leaves it
    bool watch = true;      // ask to be told where the initial result of a streaming query ends
    bool explain = false;   // ask how it is answered; a server that does not know that answers it
};

// Takes an answer record by record, as it arrives. An error returned ends the question and is what
// ask() answers.
class AnswerReader {
  public:
    virtual ~AnswerReader() = default;
    // One msgpack map, valid only during the call.
    virtual base::Result<void> record(std::span<const uint8_t> msgpack_map) = 0;
    // The initial result of a streaming query is complete; live records follow.
    virtual base::Result<void> initialComplete() = 0;
    // What has arrived in one piece has been passed on; a person may be shown it now.
    virtual base::Result<void> burstComplete() = 0;
};

// One question to queryd, over either socket; blocks until the answer has ended.
//
// ask() is called once. Good means that the server said `end`; only then are the records an answer.
// Errors: Invalid (the server said no; its sentence), Gone (the connection broke before the end),
// Corrupt (what came is not the protocol), or what the reader returned. One thread.
class QueryChannel {
  public:
    virtual ~QueryChannel() = default;
    virtual base::Result<void> ask(std::string_view query, const AskOptions& options,
                                   AnswerReader& reader) = 0;
};

}  // namespace evd::queryd
