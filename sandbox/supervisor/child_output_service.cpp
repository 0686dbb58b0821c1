#include "sandbox/supervisor/child_output_service.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <string_view>
#include <utility>

namespace evd::supervisor {

namespace {

constexpr int kReadsPerTurn = 16;
constexpr int kLastReadsMax = 64;  // more than a pipe holds
constexpr size_t kReadBytesMax = 16 * 1024;
// So much is free in a pipe that can be written to at all, so that such a write does not wait.
constexpr size_t kWriteBytesMax = 4096;

void passOn(std::string_view text) {
    while (!text.empty()) {
        pollfd ours{STDERR_FILENO, POLLOUT, 0};
        if (::poll(&ours, 1, 0) != 1 || (ours.revents & POLLOUT) == 0) {
            return;  // Nobody reads. What is in the report of the program's end must do.
        }
        const size_t bytes = std::min(text.size(), kWriteBytesMax);
        const ssize_t written = ::write(STDERR_FILENO, text.data(), bytes);
        if (written <= 0) {
            return;
        }
        text.remove_prefix(static_cast<size_t>(written));
    }
}

base::Fd nonBlocking(base::Fd fd) {
    // On a pipe of our own making this cannot fail.
    (void)::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
    return fd;
}

}  // namespace

ChildOutput::ChildOutput(kj::AsyncIoContext& io, const base::Clock& clock, std::string program,
                         base::Fd from)
    : clock_(clock),
      lines_(std::move(program)),
      from_(nonBlocking(std::move(from))),
      observer_(io.unixEventPort, from_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ),
      listening_(listen().eagerlyEvaluate(nullptr)) {}

kj::Promise<void> ChildOutput::listen() {
    return observer_.whenBecomesReadable().then([this]() { return readTurn(); });
}

kj::Promise<void> ChildOutput::readTurn() {
    for (int i = 0; i < kReadsPerTurn; ++i) {
        if (!readSome()) {
            return listen();
        }
    }
    // More is there, of which the observer, who tells of changes alone, would say nothing.
    return kj::evalLater([this]() { return readTurn(); });
}

bool ChildOutput::readSome() {
    char bytes[kReadBytesMax];
    const ssize_t got = ::read(from_.get(), bytes, sizeof(bytes));
    if (got <= 0) {
        return false;
    }
    passOn(lines_.take({bytes, static_cast<size_t>(got)}, clock_.monotonicNs()));
    return true;
}

std::vector<std::string> ChildOutput::finish() {
    for (int i = 0; i < kLastReadsMax && readSome(); ++i) {
    }
    passOn(lines_.finish(clock_.monotonicNs()));
    return {lines_.last().begin(), lines_.last().end()};
}

}  // namespace evd::supervisor
