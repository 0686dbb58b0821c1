#include "tests/bench/line_peers.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "tests/bench/bench_records.h"
#include "tests/bench/group_under_test.h"

#include <sys/socket.h>
#include <filesystem>
#include <vector>

namespace evd::bench {

namespace {

constexpr double kSeconds = 15;

}  // namespace

uint64_t sendLines(
    int socket,
    const std::function<std::string(std::string_view origin, std::string_view line)>& format) {
    const std::string line(kLineBytes, 'x');
    std::vector<std::string> datagrams;
    for (int i = 0; i < kLineOrigins; ++i) {
        datagrams.push_back(format(base::cat("service", i), line));
    }
    const auto end = nowNs() + static_cast<int64_t>(benchSeconds(kSeconds) * 1e9);
    uint64_t sent = 0;
    for (; nowNs() < end; ++sent) {
        const std::string& bytes = datagrams[sent % datagrams.size()];
        EVD_CHECK(
            ::send(socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
            "a blocking send");
    }
    return sent;
}

uint64_t bytesBelow(const std::string& folder) {
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        bytes += entry.is_regular_file() ? entry.file_size() : 0;
    }
    return bytes;
}

}  // namespace evd::bench
