#include "tests/support/other_user.h"

#include "common/base/check.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace evd::test {

namespace {

bool becomeUser(uid_t uid) {
    return ::setgroups(0, nullptr) == 0 && ::setgid(uid) == 0 && ::setuid(uid) == 0;
}

}  // namespace

bool canActAsOthers() {
    return ::geteuid() == 0;
}

base::Fd connectAs(uid_t uid, const std::string& path) {
    base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    EVD_CHECK(path.size() < sizeof(address.sun_path), "the path of a test's socket is too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    // Other threads of ours may hold locks: the child makes system calls and nothing else.
    const pid_t child = ::fork();
    if (child == 0) {
        const bool is_user = uid == 0 || becomeUser(uid);
        const auto* to = reinterpret_cast<const sockaddr*>(&address);
        ::_exit(is_user && ::connect(socket.get(), to, sizeof(address)) == 0 ? 0 : 1);
    }
    int status = 0;
    pid_t reaped = -1;
    do {
        reaped = ::waitpid(child, &status, 0);
    } while (reaped < 0 && errno == EINTR);
    const bool connected = reaped == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return connected ? std::move(socket) : base::Fd();
}

}  // namespace evd::test
