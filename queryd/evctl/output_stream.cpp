#include "queryd/evctl/output_stream.h"

#include <poll.h>
#include <unistd.h>
#include <cerrno>

namespace evd::evctl {

namespace {

constexpr size_t kGatherBytes = 64 * 1024;

}  // namespace

base::Result<void> OutputStream::drain() {
    return buffer_.size() < kGatherBytes ? base::Result<void>() : flush();
}

base::Result<void> OutputStream::flush() {
    size_t done = 0;
    while (done < buffer_.size()) {
        const ssize_t put = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
        if (put < 0 && errno == EPIPE) {
            closed_ = true;
            return base::fail(base::ErrorKind::Gone, "standard output was closed");
        }
        if (put < 0 && errno == EAGAIN) {
            pollfd watched{fd_, POLLOUT, 0};  // somebody made the terminal non-blocking
            (void)::poll(&watched, 1, -1);
            continue;
        }
        if (put < 0 && errno != EINTR) {
            return base::failErrno("cannot write standard output", errno);
        }
        done += put > 0 ? static_cast<size_t>(put) : 0;
    }
    buffer_.clear();
    return {};
}

}  // namespace evd::evctl
