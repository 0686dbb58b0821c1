#include "queryd/waiting_room.h"

#include "common/base/check.h"
#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

using base::ErrorKind;
using base::fail;

base::Result<void> WaitingRoom::mayEnter(const Caller& caller) const {
    const size_t places = limits_.connections_max + (caller.system ? limits_.system_reserve : 0);
    if (waiting_.size() >= places) {
        return fail(ErrorKind::Busy,
                    base::cat("as many connections as are allowed (", limits_.connections_max,
                              ") wait to send their query; try again later"));
    }
    const auto found = by_user_.find(caller.user_sid);
    const size_t of_user = found == by_user_.end() ? 0 : found->second;
    if (!caller.system && of_user >= limits_.per_user_max) {
        return fail(ErrorKind::Busy,
                    base::cat("as many of your connections as are allowed (", limits_.per_user_max,
                              ") wait to send their query; use or close them first"));
    }
    return {};
}

WaitingConnection& WaitingRoom::enter(uint64_t id, base::Fd connection, Caller caller,
                                      uint64_t message_bytes_max, int64_t now_ns) {
    const std::string user_sid = caller.user_sid;
    const auto [entry, is_new] = waiting_.try_emplace(
        id, WaitingConnection{std::move(connection), std::move(caller),
                              wire::FrameDecoder(message_bytes_max),
                              now_ns + limits_.request_deadline_ms * base::kNsPerMs});
    EVD_CHECK(is_new, "a connection entered twice");
    ++by_user_.try_emplace(user_sid, 0).first->second;
    return entry->second;
}

WaitingConnection* WaitingRoom::find(uint64_t id) {
    const auto found = waiting_.find(id);
    return found == waiting_.end() ? nullptr : &found->second;
}

base::Result<void> WaitingRoom::received(WaitingConnection& waiting, size_t bytes) {
    waiting.bytes += bytes;
    bytes_ += bytes;
    if (bytes_ > limits_.bytes_max) {
        return fail(ErrorKind::Busy,
                    "too many large queries are being sent at once; try again later");
    }
    return {};
}

void WaitingRoom::beginLeaving(WaitingConnection& waiting, int64_t now_ns) {
    waiting.leaving = true;
    waiting.deadline_ns = now_ns + limits_.linger_ms * base::kNsPerMs;
    bytes_ -= std::exchange(waiting.bytes, 0);
    waiting.decoder = wire::FrameDecoder(0);  // gives its memory back
}

void WaitingRoom::leave(uint64_t id) {
    const auto found = waiting_.find(id);
    EVD_CHECK(found != waiting_.end(), "a connection left twice");
    bytes_ -= found->second.bytes;
    const auto user = by_user_.find(found->second.caller.user_sid);
    if (--user->second == 0) {
        by_user_.erase(user);
    }
    waiting_.erase(found);
}

std::vector<uint64_t> WaitingRoom::expired(int64_t now_ns) const {
    std::vector<uint64_t> ids;
    for (const auto& [id, waiting] : waiting_) {
        if (waiting.deadline_ns <= now_ns) {
            ids.push_back(id);
        }
    }
    return ids;
}

std::optional<int64_t> WaitingRoom::nextDeadlineNs() const {
    std::optional<int64_t> next;
    for (const auto& [id, waiting] : waiting_) {
        next = std::min(next.value_or(waiting.deadline_ns), waiting.deadline_ns);
    }
    return next;
}

}  // namespace evd::queryd
