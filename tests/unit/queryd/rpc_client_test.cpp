// The client of the rpc socket against a server that says nothing.

#include "queryd/client/rpc_client_service.h"

#include "common/base/socket.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using evd::base::ErrorKind;
using evd::base::Fd;

namespace {

class NoReader final : public evd::queryd::AnswerReader {
  public:
    evd::base::Result<void> record(std::span<const uint8_t>) override { return {}; }
    evd::base::Result<void> initialComplete() override { return {}; }
    evd::base::Result<void> burstComplete() override { return {}; }
};

}  // namespace

TEST_CASE("rpc client: who has something else to read does not wait for a server that hangs") {
    auto pair = evd::base::makeSocketPair(SOCK_STREAM);
    REQUIRE(pair.ok());
    const auto client = evd::queryd::makeRpcClient(std::move(pair.value().left));
    REQUIRE(client.ok());
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const Fd reading(ends[0]);
    const Fd writing(ends[1]);
    client.value()->interruptBy(reading.get());
    REQUIRE(::write(writing.get(), "x", 1) == 1);
    CHECK(client.value()->status().error().kind == ErrorKind::Busy);
    NoReader reader;
    char byte = 0;
    REQUIRE(::read(reading.get(), &byte, 1) == 1);
    REQUIRE(::write(writing.get(), "y", 1) == 1);
    CHECK(client.value()->ask("EVENTS", {}, reader).error().text == "interrupted");
}
