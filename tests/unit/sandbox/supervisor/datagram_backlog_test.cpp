#include "sandbox/supervisor/datagram_backlog.h"

#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <fstream>

namespace evd::supervisor {
namespace {

TEST_CASE("datagram backlog: a short queue is made longer for a moment") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "max_dgram_qlen";
    std::ofstream(path) << "10\n";
    {
        const DatagramBacklog backlog(path);
        CHECK(test::readTextFile(path) == "512\n");
    }
    // As the kernel's file, which is not cut when it is written to.
    CHECK(test::readTextFile(path).starts_with("10\n"));
}

TEST_CASE("datagram backlog: a longer queue, and none that can be read, are left alone") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "max_dgram_qlen";
    std::ofstream(path) << "2048\n";
    {
        const DatagramBacklog backlog(path);
        CHECK(test::readTextFile(path) == "2048\n");
    }
    CHECK(test::readTextFile(path) == "2048\n");
    const DatagramBacklog none(folder / "none");
    CHECK(test::readTextFile(folder / "none").empty());
}

}  // namespace
}  // namespace evd::supervisor
