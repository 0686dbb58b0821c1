#include "sandbox/supervisor/inherited_fds.h"

#include "common/base/text.h"
#include "sandbox/supervisor/fd_keeper.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <utility>

namespace evd::supervisor {

namespace {

using base::cat;

constexpr int kFirstInheritedFd = 3;  // SD_LISTEN_FDS_START
constexpr std::string_view kNameless = "unknown";

base::Error invalid(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

int socketOption(int fd, int option) {
    int value = -1;
    socklen_t bytes = sizeof(value);
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &bytes) == 0 ? value : -1;
}

std::optional<std::string> boundPath(int fd) {
    sockaddr_un address{};
    socklen_t bytes = sizeof(address);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes) != 0 ||
        address.sun_family != AF_UNIX || bytes <= offsetof(sockaddr_un, sun_path)) {
        return std::nullopt;
    }
    const std::string_view path(address.sun_path, bytes - offsetof(sockaddr_un, sun_path));
    return std::string(path.substr(0, path.find('\0')));
}

base::Result<void> checkSocket(const NamedFd& given, const SocketSpec& spec,
                               const std::string& path) {
    const int fd = given.fd.get();
    if (socketOption(fd, SO_DOMAIN) != AF_UNIX || socketOption(fd, SO_TYPE) != spec.type) {
        return invalid(cat("the inherited descriptor ", given.name,
                           " is no Unix socket of the kind that is wanted there"));
    }
    if (spec.type != SOCK_DGRAM && socketOption(fd, SO_ACCEPTCONN) != 1) {
        return invalid(cat("the inherited socket ", given.name, " is not listening"));
    }
    const auto bound = boundPath(fd);
    if (bound != path) {
        return invalid(cat("the inherited socket ", given.name, " is bound to ",
                           bound.value_or("nothing"), ", but the settings say ", path));
    }
    return {};
}

// The one program whose parked descriptor goes by that name.
const ProgramSpec* parkerOf(const std::string& name, const GroupPlan& plan,
                            const base::Guid& boot_id) {
    for (const auto& spec : plan.start_order) {
        if (spec.may_park && name.starts_with(keptName(spec.name, boot_id, ""))) {
            return &spec;
        }
    }
    return nullptr;
}

}  // namespace

base::Result<std::vector<std::string>> inheritedNames(const ListenVariables& variables,
                                                      pid_t own_pid) {
    std::vector<std::string> names;
    if (variables.fds == nullptr || (variables.pid != nullptr && cat(own_pid) != variables.pid)) {
        return names;
    }
    const auto count = base::parseU64(variables.fds);
    if (!count.ok() || count.value() > kInheritedFdsMax) {
        return invalid(cat("LISTEN_FDS is no number up to ", kInheritedFdsMax));
    }
    if (count.value() == 0) {
        return names;
    }
    if (variables.names == nullptr) {
        return std::vector<std::string>(count.value(), std::string(kNameless));
    }
    for (const std::string_view name : base::split(variables.names, ':')) {
        names.emplace_back(name);
    }
    if (names.size() != count.value()) {
        return invalid(
            cat("LISTEN_FDNAMES has ", names.size(), " names for ", count.value(), " descriptors"));
    }
    return names;
}

base::Result<std::vector<NamedFd>> takeInheritedFds() {
    auto names = inheritedNames(
        {std::getenv("LISTEN_FDS"), std::getenv("LISTEN_FDNAMES"), std::getenv("LISTEN_PID")},
        ::getpid());
    for (const char* variable : {"LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PID"}) {
        (void)::unsetenv(variable);  // Fails for names that are none.
    }
    if (!names.ok()) {
        return names.error();
    }
    std::vector<NamedFd> fds;
    for (auto& name : names.value()) {
        const int fd = kFirstInheritedFd + static_cast<int>(fds.size());
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
            return base::failErrno(cat("LISTEN_FDS promises descriptor ", fd), errno);
        }
        fds.push_back({std::move(name), base::Fd(fd)});
    }
    return fds;
}

base::Result<Inheritance> sortInherited(std::vector<NamedFd> fds, const GroupPlan& plan,
                                        const config::SocketPaths& paths,
                                        const base::Guid& boot_id) {
    Inheritance sorted;
    for (auto& given : fds) {
        const auto socket =
            std::find_if(plan.sockets.begin(), plan.sockets.end(),
                         [&](const SocketSpec& spec) { return spec.name == given.name; });
        if (socket != plan.sockets.end()) {
            EVD_TRY(checkSocket(given, *socket, socketPathOf(paths, socket->path)));
            sorted.sockets.push_back(std::move(given));
        } else if (const auto* parker = parkerOf(given.name, plan, boot_id)) {
            sorted.parked.push_back({parker->program,
                                     given.name.substr(keptName(parker->name, boot_id, "").size()),
                                     std::move(given.fd)});
        } else {
            sorted.unwanted.push_back(std::move(given.name));
        }
    }
    return sorted;
}

}  // namespace evd::supervisor
