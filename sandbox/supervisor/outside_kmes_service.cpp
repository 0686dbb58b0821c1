#include "sandbox/supervisor/outside_kmes_service.h"

#include "common/base/log.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/errors.h"

#include <sys/socket.h>
#include <algorithm>
#include <utility>

namespace evd::supervisor {

using base::cat;

namespace {

constexpr const char* kName = "kmes";
constexpr uint kOnlyItsEnd = 0;  // of what kj can observe

struct Observed {
    Observed(kj::UnixEventPort& port, base::Fd watched)
        : fd(std::move(watched)), observer(port, fd.get(), kOnlyItsEnd) {}
    base::Fd fd;
    kj::UnixEventPort::FdObserver observer;
};

}  // namespace

OutsideKmes::OutsideKmes(kj::UnixEventPort& port, kj::Timer& timer, std::string path, Give give)
    : port_(port), timer_(timer), path_(std::move(path)), give_(std::move(give)) {}

base::Result<NamedFd> OutsideKmes::connect(const ProgramSpec& spec) {
    auto connected = tryConnect();
    auto watching = connected.ok()
                        ? watch(spec, std::move(connected.value().copy), kOutsideKmesPauseNs)
                        : connectAgain(spec, kOutsideKmesPauseNs);
    watches_.insert_or_assign(spec.program, watching.eagerlyEvaluate([](kj::Exception&& exception) {
        base::logError(cat("nobody looks after a connection to KMES any more: ",
                           ipc::toError(exception).text, ", going on"));
    }));
    return connected.ok() ? base::Result<NamedFd>(std::move(connected.value().end))
                          : connected.error();
}

base::Result<OutsideKmes::Connected> OutsideKmes::tryConnect() const {
    auto fd = base::connectUnix(path_, SOCK_SEQPACKET);
    if (!fd.ok()) {
        return fd.error();
    }
    auto copy = fd.value().duplicate();
    if (!copy.ok()) {
        return copy.error();
    }
    return Connected{{kName, std::move(fd).value()}, std::move(copy).value()};
}

kj::Promise<void> OutsideKmes::watch(const ProgramSpec& spec, base::Fd copy, int64_t pause_ns) {
    auto observed = kj::heap<Observed>(port_, std::move(copy));
    auto end = observed->observer.whenWriteDisconnected();
    const kj::TimePoint made = timer_.now();
    return end.attach(kj::mv(observed)).then([this, spec, pause_ns, made]() {
        base::logWarning(cat("KMES at ", path_, " has ended the connection of ", spec.name,
                             ", connecting anew"));
        const bool has_lasted = timer_.now() - made >= kOutsideKmesPauseNsMax * kj::NANOSECONDS;
        return connectAgain(spec, has_lasted ? kOutsideKmesPauseNs : pause_ns);
    });
}

kj::Promise<void> OutsideKmes::connectAgain(const ProgramSpec& spec, int64_t pause_ns) {
    return timer_.afterDelay(pause_ns * kj::NANOSECONDS)
        .then([this, spec, pause_ns]() -> kj::Promise<void> {
            auto connected = tryConnect();
            if (!connected.ok()) {
                return connectAgain(spec, pause_ns);
            }
            give_(spec.program, std::move(connected.value().end));
            base::logInfo(cat(spec.name, " has a connection to KMES at ", path_, " again"));
            return watch(spec, std::move(connected.value().copy),
                         std::min(2 * pause_ns, kOutsideKmesPauseNsMax));
        });
}

}  // namespace evd::supervisor
