#include "queryd/evctl/import_command.h"

#include "common/config/socket_paths.h"

#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <fstream>

TEST_CASE("import: what is read twice is read from where it was, and not from the file's begin") {
    const evd::test::TemporaryDirectory folder;
    const std::string heading = "what somebody has read before, as long as a line\n";
    std::ofstream(folder / "log") << heading << "2026-01-02T03:04:05Z host app: one\n"
                                  << "2026-01-02T03:04:06Z host app: two\n";
    const evd::base::Fd file(::open((folder / "log").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(::lseek(file.get(), static_cast<off_t>(heading.size()), SEEK_SET) > 0);

    evd::test::DatagramReceiver logs(folder / "log.sock");
    evd::evctl::Arguments arguments;
    arguments.words = {"-"};
    arguments.from = "syslog";
    arguments.strict = true;
    const evd::test::FakeClock clock;
    evd::evctl::OutputStream output(STDOUT_FILENO);
    const evd::config::SocketPaths sockets = evd::config::socketPathsBeside(folder / "query.sock");
    const evd::evctl::SessionContext context{arguments, sockets, clock, output};
    const auto imported = evd::evctl::importFrom(context, file.get(), 0);
    REQUIRE(imported.ok());
    CHECK(imported.value() == evd::evctl::kExitSuccess);
    const auto received = logs.receive();
    REQUIRE(received.size() == 1);
    CHECK(received[0] ==
          R"([{"is_error":false,"message":"one","origin":"app","timestamp":1767323045000000000},)"
          R"({"is_error":false,"message":"two","origin":"app","timestamp":1767323046000000000}])");
}
