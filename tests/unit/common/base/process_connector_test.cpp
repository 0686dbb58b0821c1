#include "common/base/process_connector.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace evd::base {
namespace {

TEST_CASE("process connector: opens and tells of a fork, or says that it may not or cannot") {
    const auto connector = openProcessConnector();
    if (!connector.ok()) {
        const ErrorKind kind = connector.error().kind;
        CHECK((kind == ErrorKind::Denied || kind == ErrorKind::Unsupported));
        return;
    }
    char buffer[4096];
    while (::recv(connector.value().get(), buffer, sizeof(buffer), MSG_DONTWAIT) > 0) {
    }
    const pid_t child = ::fork();
    if (child == 0) {
        ::_exit(0);
    }
    CHECK(::waitpid(child, nullptr, 0) == child);
    pollfd ready{connector.value().get(), POLLIN, 0};
    CHECK(::poll(&ready, 1, 5000) == 1);
}

}  // namespace
}  // namespace evd::base
