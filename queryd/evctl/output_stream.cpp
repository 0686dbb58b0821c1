#include "queryd/evctl/output_stream.h"

#include "common/base/text.h"

#include <poll.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace evd::evctl {

namespace {

constexpr size_t kGatherBytes = 64 * 1024;

}  // namespace

void OutputStream::pageWhenLong(std::string pager, size_t rows, size_t columns) {
    pager_command_ = std::move(pager);
    rows_ = rows;
    columns_ = columns;
}

void OutputStream::endPage() {
    pager_.wait();
    pager_command_.clear();
}

void OutputStream::decidePage() {
    if (pager_command_.empty() || buffer_.empty()) {
        return;
    }
    if (isLongerThan(buffer_, rows_, columns_)) {
        (void)pager_.start(pager_command_);  // without one it goes to the terminal
    }
    pager_command_.clear();
}

base::Result<void> OutputStream::drain() {
    return buffer_.size() < kGatherBytes ? base::Result<void>() : flush();
}

base::Result<void> OutputStream::flush() {
    decidePage();
    const int fd = pager_.fd() >= 0 ? pager_.fd() : fd_;
    size_t done = 0;
    const auto written = writeFrom(fd, done);
    buffer_.erase(0, done);  // also after an error: it is not to be written twice
    return written;
}

base::Result<void> OutputStream::writeFrom(int fd, size_t& done) {
    while (done < buffer_.size()) {
        const ssize_t put = ::write(fd, buffer_.data() + done, buffer_.size() - done);
        if (put < 0 && errno == EPIPE) {
            closed_ = true;
            return base::fail(base::ErrorKind::Gone, base::cat(name_, " was closed"));
        }
        if (put < 0 && errno == EAGAIN) {
            pollfd watched{fd, POLLOUT, 0};  // somebody made the terminal non-blocking
            (void)::poll(&watched, 1, -1);
            continue;
        }
        if (put < 0 && errno != EINTR) {
            return base::failErrno(base::cat("cannot write ", name_), errno);
        }
        done += put > 0 ? static_cast<size_t>(put) : 0;
    }
    return {};
}

}  // namespace evd::evctl
