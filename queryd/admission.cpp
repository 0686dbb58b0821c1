#include "queryd/admission.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <utility>

namespace evd::queryd {

namespace {

base::Error refusal(std::string_view what, uint64_t limit, std::string_view setting) {
    return base::fail(base::ErrorKind::Busy, base::cat(what, " (", setting, " is ", limit,
                                                       "); ask again when one of them has ended"));
}

}  // namespace

Admission::Slot::Slot(Slot&& other) noexcept
    : admission_(std::exchange(other.admission_, nullptr)),
      user_sid_(std::move(other.user_sid_)),
      streaming_(other.streaming_) {}

Admission::Slot& Admission::Slot::operator=(Slot&& other) noexcept {
    if (this != &other) {
        release();
        admission_ = std::exchange(other.admission_, nullptr);
        user_sid_ = std::move(other.user_sid_);
        streaming_ = other.streaming_;
    }
    return *this;
}

base::Result<void> Admission::Slot::becomeStreaming() {
    EVD_CHECK(admission_ != nullptr && !streaming_, "only a held slot can become a streaming one");
    EVD_TRY(admission_->admitStreaming());
    streaming_ = true;
    return {};
}

void Admission::Slot::release() {
    if (admission_ != nullptr) {
        std::exchange(admission_, nullptr)->giveBack(user_sid_, streaming_);
    }
}

base::Result<Admission::Slot> Admission::admit(const Caller& caller) {
    const std::lock_guard lock(mutex_);
    if (counts_.running >= limits_.queries_max) {
        ++counts_.refused;
        return refusal("as many queries as are allowed already run", limits_.queries_max,
                       "MaxConcurrentQueries");
    }
    const auto found = by_user_.find(caller.user_sid);
    const uint64_t of_user = found == by_user_.end() ? 0 : found->second;
    if (!caller.system && of_user >= limits_.per_user_max) {
        ++counts_.refused;
        return refusal("as many queries as one user is allowed already run for you",
                       limits_.per_user_max, "MaxQueriesPerUser");
    }
    ++counts_.running;
    ++counts_.started;
    by_user_.insert_or_assign(caller.user_sid, of_user + 1);
    return Slot(*this, caller.user_sid);
}

base::Result<void> Admission::admitStreaming() {
    const std::lock_guard lock(mutex_);
    if (counts_.streaming >= limits_.streaming_max) {
        ++counts_.refused;
        return refusal("as many streaming queries as are allowed already run",
                       limits_.streaming_max, "MaxStreamingQueries");
    }
    ++counts_.streaming;
    return {};
}

void Admission::giveBack(const std::string& user_sid, bool streaming) {
    const std::lock_guard lock(mutex_);
    const auto found = by_user_.find(user_sid);
    EVD_CHECK(found != by_user_.end() && counts_.running > 0, "a slot was given back twice");
    --counts_.running;
    counts_.streaming -= streaming ? 1 : 0;
    if (--found->second == 0) {
        by_user_.erase(found);
    }
}

void Admission::setLimits(AdmissionLimits limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

Admission::Counts Admission::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace evd::queryd
