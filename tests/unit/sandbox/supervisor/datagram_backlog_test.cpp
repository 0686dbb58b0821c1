#include "sandbox/supervisor/datagram_backlog.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fstream>
#include <iterator>

namespace evd::supervisor {
namespace {

std::string contentOf(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("datagram backlog: a short queue is made longer for a moment") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "max_dgram_qlen";
    std::ofstream(path) << "10\n";
    {
        const DatagramBacklog backlog(path);
        CHECK(contentOf(path) == "512\n");
    }
    // As the kernel's file, which is not cut when it is written to.
    CHECK(contentOf(path).starts_with("10\n"));
}

TEST_CASE("datagram backlog: a longer queue, and none that can be read, are left alone") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "max_dgram_qlen";
    std::ofstream(path) << "2048\n";
    {
        const DatagramBacklog backlog(path);
        CHECK(contentOf(path) == "2048\n");
    }
    CHECK(contentOf(path) == "2048\n");
    const DatagramBacklog none(folder / "none");
    CHECK(contentOf(folder / "none").empty());
}

}  // namespace
}  // namespace evd::supervisor
