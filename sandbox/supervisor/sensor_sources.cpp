#include "sandbox/supervisor/sensor_sources.h"

#include "common/base/process_connector.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/config/socket_paths.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <algorithm>

namespace evd::supervisor {

namespace {

constexpr const char* kKernelLog = "/dev/kmsg";

void add(std::vector<NamedFd>& sources, std::string name, base::Fd fd) {
    if (fd.valid()) {
        sources.push_back({std::move(name), std::move(fd)});
    }
}

base::Fd valueOrNone(base::Result<base::Fd> result) {
    return result.ok() ? std::move(result).value() : base::Fd();
}

base::Fd openPosition(const config::Settings& settings) {
    const std::string path =
        base::cat(settings.text("EventStorePath"), "/", kKernelLogPositionFile);
    return base::Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

}  // namespace

std::vector<NamedFd> openSensorSources(const config::Settings& settings) {
    const auto& wanted = settings.list("Linux\\Sensors");
    const auto runs = [&](std::string_view sensor) {
        return std::find(wanted.begin(), wanted.end(), sensor) != wanted.end();
    };
    const auto paths = config::socketPaths(settings);
    std::vector<NamedFd> sources;
    if (runs("process")) {
        add(sources, "proc-connector", valueOrNone(base::openProcessConnector()));
    }
    if (runs("kernel-log")) {
        add(sources, "kmsg", base::Fd(::open(kKernelLog, O_RDONLY | O_NONBLOCK | O_CLOEXEC)));
        add(sources, "kmsg-position", openPosition(settings));
        add(sources, "log", valueOrNone(base::connectUnix(paths.log, SOCK_DGRAM)));
    }
    if (runs("host-metrics")) {
        add(sources, "metric", valueOrNone(base::connectUnix(paths.metric, SOCK_DGRAM)));
    }
    return sources;
}

}  // namespace evd::supervisor
