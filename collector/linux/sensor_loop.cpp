#include "collector/linux/sensor_loop.h"

#include "common/base/check.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdint>

namespace evd::collector {

base::Result<void> SensorLoop::start(std::string thread_name, std::function<void()> body) {
    wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_.valid()) {
        return base::failErrno("cannot make a sensor's eventfd", errno);
    }
    thread_ = std::make_unique<base::Thread>(std::move(thread_name), std::move(body));
    return {};
}

void SensorLoop::stop() {
    stopping_ = true;
    wake();
    thread_.reset();
}

void SensorLoop::wake() {
    const uint64_t one = 1;
    if (wake_.valid()) {
        (void)!::write(wake_.get(), &one, sizeof(one));  // full only when a wake-up is due
    }
}

bool SensorLoop::wait(int fd, int timeout_ms) {
    std::array<pollfd, 2> wanted{pollfd{wake_.get(), POLLIN, 0}, pollfd{fd, POLLIN, 0}};
    const int ready = ::poll(wanted.data(), wanted.size(), timeout_ms);
    EVD_CHECK(ready >= 0 || errno == EINTR, "poll fails only when it is interrupted");
    uint64_t wakes = 0;
    (void)!::read(wake_.get(), &wakes, sizeof(wakes));  // empty when nobody woke us
    return wanted[1].revents != 0;
}

}  // namespace evd::collector
