// Every limit of every row of door_limits.h, over a real connection: what is reached is taken, what
// is beyond it is not. The numbers are written down here once more (docs/threat-model.md has them
// for people), so no row changes by accident.
//
// And the proof of that proof: with any number of any row one step higher or lower, the check of
// that number fails.

#include "common/ipc/door_limits.h"

#include "common/base/text.h"
#include "tests/support/limited_door.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace evd::ipc {
namespace {

using test::DoorMethod;
using test::LimitedDoor;
using Which = capnp::rpc::Message::Which;

constexpr uint64_t kNone = std::numeric_limits<uint64_t>::max();
constexpr uint32_t kNoCalls = std::numeric_limits<uint32_t>::max();
constexpr uint64_t kWord = sizeof(capnp::word);

struct Row {
    const char* called;
    DoorLimits limits;  // of the product
    DoorLimits agreed;
};

// In the order of DoorLimits: name, received, sent, nesting, capabilities, descriptors, promises,
// held calls, unanswered bytes, unanswered calls, unsent bytes.
const Row kRows[] = {
    {"kEventIngestDoor",
     kEventIngestDoor,
     {"", 136'314'880, 67'108'864, 16, 8, 0, false, 65'536, 33'554'432, 4'096, 1'048'576}},
    {"kEventIngestCaller",
     kEventIngestCaller,
     {"", 67'108'864, 136'314'880, 16, 8, 0, true, 16, kNone, kNoCalls, kNone}},
    {"kRecordIngestDoor",
     kRecordIngestDoor,
     {"", 67'108'864, 65'536, 16, 8, 0, false, 16'384, 33'554'432, 2'048, 1'048'576}},
    {"kRecordIngestCaller",
     kRecordIngestCaller,
     {"", 65'536, 67'108'864, 16, 8, 0, true, 16, kNone, kNoCalls, kNone}},
    {"kStoreControlDoor",
     kStoreControlDoor,
     {"", 262'144, 65'536, 16, 8, 0, false, 16'384, 262'144, 1'024, 1'048'576}},
    {"kStoreControlCaller",
     kStoreControlCaller,
     {"", 65'536, 262'144, 16, 8, 0, true, 16, kNone, kNoCalls, kNone}},
    {"kChildDoor",
     kChildDoor,
     {"", 4'194'304, 16'777'216, 16, 8, 4, false, 4'096, 8'388'608, 64, 67'108'864}},
    {"kSupervisorCaller",
     kSupervisorCaller,
     {"", 16'777'216, 4'194'304, 16, 8, 4, true, 4'096, kNone, kNoCalls, kNone}},
    {"kQueryDoor",
     kQueryDoor,
     {"", 69'632, 67'108'864, 16, 8, 0, false, 1'024, 1'114'112, 256, 4'194'304}},
    {"kQueryCaller",
     kQueryCaller,
     {"", 67'108'864, 67'108'864, 256, 8, 0, true, 65'536, kNone, kNoCalls, kNone}},
};

// A bootstrap of so many words is answered.
bool takes(LimitedDoor& door, uint32_t question, uint64_t words) {
    capnp::MallocMessageBuilder message;
    message.initRoot<capnp::rpc::Message>().initBootstrap().setQuestionId(question);
    door.peer().sendPadded(message, words, [&] { door.turn(); });
    return door.answers().size() == 1 && door.isOpen();
}

bool holdsReceivedBytes(const DoorLimits& limits, const DoorLimits& agreed) {
    LimitedDoor door(limits);
    const uint64_t words = agreed.received_bytes_max / kWord;
    return takes(door, 1, words - 1) && takes(door, 2, words) && !takes(door, 3, words + 1) &&
           !door.isOpen();
}

// Of an answer with so many bytes in it; Cap'n Proto wants it to be below the limit.
bool holdsSentBytes(const DoorLimits& limits, const DoorLimits& agreed) {
    LimitedDoor door(limits);
    const auto ask = [&](uint32_t question, uint64_t bytes) {
        door.call(question, DoorMethod::Answer, bytes);
        const auto answers = door.answers();
        return answers.empty() ? LimitedDoor::Answer() : answers.front();
    };
    const uint64_t large = agreed.sent_bytes_max / 4 * 3;
    const uint64_t head_words = ask(1, large).words - large / kWord;
    const uint64_t most = agreed.sent_bytes_max - (head_words + 1) * kWord;
    return !ask(2, most).is_exception && ask(3, most + kWord).is_exception && door.isOpen();
}

// Cap'n Proto sends a kind of message that it does not know back as it is, for which it must read
// all of it. The message and that kind's struct are two levels of their own.
bool holdsNesting(const DoorLimits& limits, const DoorLimits& agreed) {
    constexpr int kHeadLevels = 2;
    const auto comesBack = [&](int levels) {
        LimitedDoor door(limits);
        capnp::MallocMessageBuilder message;
        auto at = message.initRoot<capnp::rpc::Message>().initProvide().getRecipient();
        for (int i = kHeadLevels; i < levels; ++i) {
            at = at.initAsAnyStruct(0, 1).getPointerSection()[0];
        }
        door.peer().send(message);
        const auto answers = door.answers();
        return door.isOpen() && answers.size() == 1 && answers[0].which == Which::UNIMPLEMENTED;
    };
    return comesBack(agreed.nesting_max - 1) && comesBack(agreed.nesting_max) &&
           !comesBack(agreed.nesting_max + 1);
}

// In a call, and in an answer to a call of our own.
bool holdsCapabilities(const DoorLimits& limits, const DoorLimits& agreed) {
    const auto inCall = [&](unsigned count) {
        LimitedDoor door(limits);
        door.call(1, DoorMethod::Answer, 0, count);
        return door.isOpen() && door.calls() == 1;
    };
    const auto inAnswer = [&](unsigned count) {
        LimitedDoor door(limits);
        auto theirs = door.connection().bootstrap();
        door.turn();
        capnp::MallocMessageBuilder message;
        auto returned = message.initRoot<capnp::rpc::Message>().initReturn();
        auto table = returned.initResults().initCapTable(count);
        for (unsigned i = 0; i < count; ++i) {
            table[i].setSenderHosted(i);
        }
        door.peer().send(message);
        return door.isOpen();
    };
    const uint32_t most = agreed.capabilities_max;
    return inCall(most - 1) && inCall(most) && !inCall(most + 1) && inAnswer(most - 1) &&
           inAnswer(most) && !inAnswer(most + 1);
}

// Of the descriptors of a message, the one beyond the limit is not there.
bool holdsDescriptors(const DoorLimits& limits, const DoorLimits& agreed) {
    const base::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::vector<int> fds(agreed.descriptors_max + 2, null.get());
    LimitedDoor door(limits);
    const auto arrives = [&](uint32_t place) {
        door.callWithFds(place, fds, static_cast<uint8_t>(place));
        const auto answers = door.answers();
        return answers.size() == 1 && answers[0].bytes == 1;
    };
    for (uint32_t place = 0; place < agreed.descriptors_max; ++place) {
        if (!arrives(place)) {
            return false;
        }
    }
    return !arrives(agreed.descriptors_max) && door.isOpen();
}

bool holdsPromises(const DoorLimits& limits, const DoorLimits& agreed) {
    LimitedDoor door(limits);
    capnp::MallocMessageBuilder message;
    auto call = message.initRoot<capnp::rpc::Message>().initCall();
    call.setQuestionId(1);
    call.initTarget().setImportedCap(0);
    call.initParams().initCapTable(1)[0].setSenderPromise(9);
    door.peer().send(message);
    const bool is_taken = door.isOpen();
    if (is_taken) {  // and kept, or Cap'n Proto holds it for ever
        capnp::MallocMessageBuilder kept;
        auto resolve = kept.initRoot<capnp::rpc::Message>().initResolve();
        resolve.setPromiseId(9);
        resolve.initException().setReason("no");
        door.peer().send(kept);
    }
    return is_taken == agreed.takes_promises && door.isOpen() == agreed.takes_promises;
}

bool holdsHeldCalls(const DoorLimits& limits, const DoorLimits& agreed) {
    LimitedDoor door(limits);
    size_t answered = 0;
    for (uint32_t i = 0; i < agreed.held_calls_max; ++i) {
        door.peer().bootstrap(i);
        if (i % 32 == 0) {  // fewer than stay unanswered
            answered += door.answers().size();
        }
    }
    answered += door.answers().size();
    if (answered != agreed.held_calls_max || !door.isOpen()) {
        return false;
    }
    door.peer().bootstrap(agreed.held_calls_max);
    return !door.isOpen();
}

bool holdsUnansweredCalls(const DoorLimits& limits, const DoorLimits& agreed) {
    if (agreed.unanswered_calls_max == kNoCalls) {
        return limits.unanswered_calls_max == kNoCalls;
    }
    LimitedDoor door(limits);
    for (uint32_t i = 0; i < agreed.unanswered_calls_max + 2; ++i) {
        door.call(i, DoorMethod::Wait);
    }
    return door.calls() == agreed.unanswered_calls_max && door.isOpen();
}

// Calls that wait, of so many words together. Cap'n Proto counts the first segment of each twice.
void fillWithCalls(LimitedDoor& door, uint64_t words, uint64_t message_words_max) {
    const uint64_t head = LimitedDoor::callWords();
    const uint64_t calls = words / (message_words_max + head) + 1;
    for (uint64_t i = 0; i < calls; ++i) {
        const uint64_t part = words / calls + (i == 0 ? words % calls : 0);
        door.callPadded(static_cast<uint32_t>(i), DoorMethod::Wait, part - head);
    }
}

bool holdsUnansweredBytes(const DoorLimits& limits, const DoorLimits& agreed) {
    if (agreed.unanswered_bytes_max == kNone) {
        return limits.unanswered_bytes_max == kNone;
    }
    // How many of two further calls are read.
    const auto readBeyond = [&](uint64_t words) {
        LimitedDoor door(limits);
        fillWithCalls(door, words, agreed.received_bytes_max / kWord);
        const size_t before = door.calls();
        door.call(1'000, DoorMethod::Wait);
        door.call(1'001, DoorMethod::Wait);
        return door.calls() - before;
    };
    const uint64_t words = agreed.unanswered_bytes_max / kWord;
    return readBeyond(words - 1) == 1 && readBeyond(words) == 1 && readBeyond(words + 1) == 0;
}

uint64_t wordsOfAnswer(const DoorLimits& limits, uint64_t bytes) {
    LimitedDoor door(limits);
    door.call(1, DoorMethod::Answer, bytes);
    return door.answers().front().words;
}

bool holdsUnsentBytes(const DoorLimits& limits, const DoorLimits& agreed) {
    if (agreed.unsent_bytes_max == kNone) {
        return limits.unsent_bytes_max == kNone;
    }
    const uint64_t head_bytes = (wordsOfAnswer(limits, kWord) - 1) * kWord;
    const uint64_t answers = agreed.unsent_bytes_max / (agreed.sent_bytes_max / 2) + 8;
    const auto readBeyond = [&](uint64_t bytes) {
        LimitedDoor door(limits, LimitedDoor::Buffer::Smallest);
        uint64_t left = bytes;
        for (uint64_t i = 0; i < answers; ++i) {
            const uint64_t share = left / (answers - i) / kWord * kWord;
            door.call(static_cast<uint32_t>(i), DoorMethod::Answer, share - head_bytes);
            left -= share;
        }
        const size_t before = door.calls();
        door.call(1'000, DoorMethod::Answer, kWord);
        door.call(1'001, DoorMethod::Answer, kWord);
        return door.calls() - before;
    };
    return readBeyond(agreed.unsent_bytes_max - kWord) == 1 &&
           readBeyond(agreed.unsent_bytes_max) == 1 &&
           readBeyond(agreed.unsent_bytes_max + kWord) == 0;
}

// A limit: how it is seen to hold, and how a row is made to have a step more of it.
struct Limit {
    const char* called;
    std::function<bool(const DoorLimits&, const DoorLimits& agreed)> holds;
    std::function<void(DoorLimits&, int steps)> change;
};

template <typename Number>
std::function<void(DoorLimits&, int)> stepOf(Number DoorLimits::*field, Number step) {
    return [=](DoorLimits& limits, int steps) {
        Number& value = limits.*field;
        // From none, a step in either direction is some.
        value = value == std::numeric_limits<Number>::max() ? Number{1000}
                : steps > 0                                 ? static_cast<Number>(value + step)
                : value >= step                             ? static_cast<Number>(value - step)
                                                            : step;
    };
}

const Limit kLimits[] = {
    {"received_bytes_max", holdsReceivedBytes, stepOf(&DoorLimits::received_bytes_max, kWord)},
    {"sent_bytes_max", holdsSentBytes, stepOf(&DoorLimits::sent_bytes_max, kWord)},
    {"nesting_max", holdsNesting, stepOf(&DoorLimits::nesting_max, 1)},
    {"capabilities_max", holdsCapabilities, stepOf(&DoorLimits::capabilities_max, 1U)},
    {"descriptors_max", holdsDescriptors, stepOf(&DoorLimits::descriptors_max, 1U)},
    {"takes_promises", holdsPromises,
     [](DoorLimits& limits, int) { limits.takes_promises = !limits.takes_promises; }},
    {"held_calls_max", holdsHeldCalls, stepOf(&DoorLimits::held_calls_max, 1U)},
    {"unanswered_bytes_max", holdsUnansweredBytes,
     stepOf(&DoorLimits::unanswered_bytes_max, kWord)},
    {"unanswered_calls_max", holdsUnansweredCalls, stepOf(&DoorLimits::unanswered_calls_max, 1U)},
    {"unsent_bytes_max", holdsUnsentBytes, stepOf(&DoorLimits::unsent_bytes_max, kWord)},
};

TEST_CASE("door limits: each number of each row is held, at it, below and above") {
    for (const Row& row : kRows) {
        for (const Limit& limit : kLimits) {
            const std::string what = base::cat(row.called, ' ', limit.called);
            CHECK_MESSAGE(limit.holds(row.limits, row.agreed), what);
        }
    }
}

TEST_CASE("door limits: a number that is a step higher or lower is noticed") {
    for (const Row& row : kRows) {
        for (const Limit& limit : kLimits) {
            for (const int steps : {1, -1}) {
                DoorLimits changed = row.limits;
                limit.change(changed, steps);
                const std::string what =
                    base::cat(row.called, ' ', limit.called, steps > 0 ? " higher" : " lower");
                CHECK_MESSAGE(!limit.holds(changed, row.agreed), what);
            }
        }
    }
}

TEST_CASE("door limits: what a message claims to hold is read to its length and no further") {
    // A list of nothing, which has no bytes and as many words to read as it says. The words of its
    // head come from the same account.
    const auto comesBack = [](const DoorLimits& limits, uint64_t words) {
        LimitedDoor door(limits);
        capnp::MallocMessageBuilder message;
        auto recipient = message.initRoot<capnp::rpc::Message>().initProvide().getRecipient();
        recipient.initAs<capnp::List<capnp::Void>>(static_cast<unsigned>(words));
        door.peer().send(message);
        return door.isOpen();
    };
    constexpr uint64_t kHeadWordsMax = 64;
    for (const Row& row : kRows) {
        CAPTURE(row.called);
        const uint64_t words = row.agreed.received_bytes_max / kWord;
        CHECK(comesBack(row.limits, words - kHeadWordsMax));
        CHECK(comesBack(row.limits, words));
        CHECK_FALSE(comesBack(row.limits, words + kHeadWordsMax));
    }
}

}  // namespace
}  // namespace evd::ipc
