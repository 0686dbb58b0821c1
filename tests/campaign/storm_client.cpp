#include "tests/campaign/storm_client.h"

#include "common/base/text.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <sys/socket.h>
#include <algorithm>
#include <array>
#include <utility>

namespace evd::test {

namespace {

using base::cat;

constexpr int kAnswerMsMax = 90'000;  // QueryTimeoutMs, and what two busy cores add
constexpr int kSlowReads = 40;
constexpr size_t kHugeBytes = 60'000;  // MaxQueryMessageBytes is 65536
constexpr size_t kTooHugeBytes = 200'000;

constexpr std::array kHeavy = {
    "EVENTS SORT n DESC TAKE 100000",         "EVENTS GROUP event_type, n COUNT",
    "EVENTS WHERE pad CONTAINS \"zz\" COUNT", "EVENTS DISTINCT n",
    "LOGS WHERE message MATCHES \"(a+)+b\"",  "METRIC campaign-load[] SINCE 1h ago AVG_OVER 1s"};

// What two hundred clients at once may make anybody be told.
constexpr std::array kLimits = {"MaxConcurrentQueries", "MaxQueryMemoryBytes", "its time limit"};

bool namesLimit(const std::string& reason) {
    return std::any_of(kLimits.begin(), kLimits.end(),
                       [&](const char* limit) { return contains(reason, limit); });
}

}  // namespace

const char* mannersName(Manners manners) {
    switch (manners) {
        case Manners::Honest:
            return "honest conversations";
        case Manners::Slow:
            return "slow readers";
        case Manners::Huge:
            return "huge questions";
        case Manners::Broken:
            return "broken messages";
        case Manners::Leaving:
            return "cancelled questions";
        case Manners::Streaming:
            return "abandoned streams";
    }
    return "";
}

StormClient::StormClient(std::string socket_path, Manners manners, uint64_t seed,
                         const std::vector<KnownAnswer>& known, Findings& findings)
    : socket_path_(std::move(socket_path)),
      manners_(manners),
      known_(known),
      findings_(findings),
      random_(seed),
      thread_("storm", [this] { run(); }) {}

void StormClient::run() {
    while (!stopping_) {
        RawQuery query(socket_path_);
        if (manners_ == Manners::Honest) {
            findings_.expect(query.connected(), "honest clients are let in",
                             "an honest client could not connect");
        }
        if (query.connected()) {
            converse(query);
            ++conversations_;
        }
        pauseMs(static_cast<int>(below(30)));
    }
}

void StormClient::converse(RawQuery& query) {
    switch (manners_) {
        case Manners::Honest:
            askHonestly(query);
            break;
        case Manners::Slow:
            readSlowly(query);
            break;
        case Manners::Huge:
            askHugely(query);
            break;
        case Manners::Broken:
            sendNonsense(query);
            break;
        case Manners::Leaving:
            (void)query.send(kHeavy[below(kHeavy.size())]);
            pauseMs(static_cast<int>(below(80)));
            break;
        case Manners::Streaming:
            (void)query.send("EVENTS STREAM");
            (void)query.receive(200);
            pauseMs(static_cast<int>(below(500)));
            break;
    }
}

// Right, or refused for a limit that is named; never wrong and never silence.
void StormClient::askHonestly(RawQuery& query) {
    const KnownAnswer& known = known_[below(known_.size())];
    uint64_t records = 0;
    (void)query.send(known.question);  // where it fails, there is no answer
    while (true) {
        const auto message = query.receive(kAnswerMsMax);
        if (!findings_.expect(message.has_value(), "questions get an answer or a reason",
                              cat(known.question, ": no answer"))) {
            return;
        }
        if (message->status == "error") {
            ++refusals_;
            findings_.expect(namesLimit(message->error), "a refusal names the limit that was met",
                             cat(known.question, ": refused with \"", message->error, "\""));
            return;
        }
        records += message->record_count;
        if (message->status == "end") {
            ++answers_;
            findings_.expect(
                records == known.records, "answers are right",
                cat(known.question, ": ", records, " records and not ", known.records));
            return;
        }
    }
}

void StormClient::readSlowly(RawQuery& query) {
    (void)query.send("EVENTS");
    uint8_t drop = 0;
    for (int i = 0; i < kSlowReads && !stopping_; ++i) {
        if (::recv(query.fd(), &drop, sizeof(drop), MSG_DONTWAIT) == 0) {
            return;  // had enough of us
        }
        pauseMs(static_cast<int>(below(100)));
    }
}

void StormClient::askHugely(RawQuery& query) {
    (void)query.send(hugeQuestion());
    // Whatever it is told, the conversation comes to an end.
    while (true) {
        const auto message = query.receive(kAnswerMsMax);
        if (!message || message->status == "error" || message->status == "end") {
            return;
        }
    }
}

std::string StormClient::hugeQuestion() {
    switch (below(4)) {
        case 0: {
            const size_t depth = 1 + below(kHugeBytes / 2 - 20);
            return cat("EVENTS WHERE ", std::string(depth, '('), "n == 1", std::string(depth, ')'));
        }
        case 1: {
            std::string text = "EVENTS WHERE n == 0";
            while (text.size() < kHugeBytes - 20) {
                text += cat(" OR n == ", below(100));
            }
            return text;
        }
        case 2:
            return cat("EVENTS TAKE 1 -- ", std::string(kTooHugeBytes, 'x'));
        default:
            return cat("EVENTS WHERE pad MATCHES \"", std::string(below(kHugeBytes), 'a'), "\"");
    }
}

void StormClient::sendNonsense(RawQuery& query) {
    std::vector<uint8_t> bytes(1 + below(300));
    for (uint8_t& byte : bytes) {
        byte = static_cast<uint8_t>(below(256));
    }
    switch (below(4)) {
        case 0:  // a length and less than that
            bytes.resize(4 + below(20));
            bytes[1] = bytes[2] = bytes[3] = 0;
            break;
        case 1:  // a length that nobody may have
            bytes.resize(4, 0xff);
            break;
        case 2:  // not even a length
            bytes.resize(below(4));
            break;
        default:
            break;
    }
    (void)query.sendBytes(bytes);
    pauseMs(static_cast<int>(below(300)));
}

}  // namespace evd::test
