#include "common/config/lcs_watch.h"

#include "common/base/clock.h"
#include "common/config/registry.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace evd::config {

namespace {

constexpr size_t kEventBytes = 64 * 1024;  // a record never comes in two parts
constexpr int kReadsMax = 64;              // then the loop has its turn; the rest stays readable
constexpr size_t kEventHeaderBytes = 8;
constexpr int kArmsMax = 8;  // for a key that comes and goes meanwhile

void watchReadable(const base::Fd& epoll, const base::Fd& fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    // Without it changes need a SIGHUP; there is nothing better to do.
    (void)::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd.get(), &event);
}

// Whether a record says that the watch is no longer what it was. Nonsense is taken for that too.
bool endsWatch(std::span<const uint8_t> bytes) {
    while (!bytes.empty()) {
        uint32_t length = 0;
        uint16_t type = 0;
        if (bytes.size() < kEventHeaderBytes) {
            return true;
        }
        std::memcpy(&length, bytes.data(), sizeof(length));
        std::memcpy(&type, bytes.data() + sizeof(length), sizeof(type));
        if (length < kEventHeaderBytes || length > bytes.size() || type == kLcsKeyDeleted) {
            return true;
        }
        bytes = bytes.subspan(length);
    }
    return false;
}

}  // namespace

LcsWatch::LcsWatch(const LcsCalls& calls, int retry_ms)
    : calls_(calls),
      retry_ms_(retry_ms),
      both_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    watchReadable(both_, timer_);
}

// Our key, or the first above it that is there. Sets key_, with the watch armed.
int LcsWatch::watchFirstOf(bool& is_ours) {
    std::string path(kRegistryRoot);
    is_ours = true;
    while (true) {
        int outcome = calls_.openKey(-1, path.c_str(), kLcsRead);
        base::Fd key(outcome < 0 ? -1 : outcome);
        if (key.valid()) {
            (void)::fcntl(key.get(), F_SETFL, O_NONBLOCK);
            outcome = calls_.notify(key.get(), {is_ours ? kLcsWatchAll : kLcsWatchSubkeys, 1, {}});
        }
        if (outcome >= 0) {
            key_ = std::move(key);
            return 0;
        }
        const size_t parent = path.rfind('\\');
        if (outcome != -ENOENT || parent == std::string::npos) {
            return outcome;
        }
        path.resize(parent);
        is_ours = false;
    }
}

bool LcsWatch::isOursThere() const {
    const int opened = calls_.openKey(-1, std::string(kRegistryRoot).c_str(), kLcsRead);
    const base::Fd key(opened < 0 ? -1 : opened);
    return opened != -ENOENT;
}

int LcsWatch::arm() {
    if (!is_stale_) {
        return 0;
    }
    key_.reset();
    int outcome = watchFirstOf(is_ours_);
    // Our key may have come before the watch above it that would have told of it.
    for (int arms = 1; outcome == 0 && !is_ours_ && isOursThere(); ++arms) {
        outcome = arms < kArmsMax ? watchFirstOf(is_ours_) : -EBUSY;
    }
    if (outcome < 0) {
        retryLater();
        return outcome;
    }
    is_stale_ = false;
    watchReadable(both_, key_);
    return 0;
}

bool LcsWatch::takeEvents() {
    std::array<uint8_t, kEventBytes> buffer;
    bool any = false;
    for (int i = 0; i < kReadsMax && key_.valid() && !is_stale_; ++i) {
        const int bytes = calls_.events(key_.get(), buffer);
        if (bytes == -EAGAIN || bytes == -EINTR || bytes == 0) {
            break;
        }
        any = true;
        is_stale_ = bytes < 0 || static_cast<size_t>(bytes) > buffer.size() ||
                    endsWatch({buffer.data(), static_cast<size_t>(bytes)}) || !is_ours_;
    }
    if (is_stale_) {
        key_.reset();  // Readable for ever, otherwise.
    }
    return any;
}

bool LcsWatch::take() {
    uint64_t times = 0;
    const bool is_time = ::read(timer_.get(), &times, sizeof(times)) > 0;
    return takeEvents() || is_time;
}

void LcsWatch::retryLater() {
    itimerspec once{};
    once.it_value.tv_sec = retry_ms_ / 1000;
    once.it_value.tv_nsec = retry_ms_ % 1000 * base::kNsPerMs;
    (void)::timerfd_settime(timer_.get(), 0, &once, nullptr);
}

}  // namespace evd::config
