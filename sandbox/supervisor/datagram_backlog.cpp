#include "sandbox/supervisor/datagram_backlog.h"

#include "common/base/fd.h"
#include "common/base/log.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <array>
#include <utility>

namespace evd::supervisor {

namespace {

std::optional<uint64_t> readNumber(const std::string& path) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::array<char, 32> text{};
    const ssize_t bytes = file.valid() ? ::read(file.get(), text.data(), text.size()) : -1;
    if (bytes <= 0) {
        return std::nullopt;
    }
    const auto number =
        base::parseU64(base::trim(std::string_view(text.data(), static_cast<size_t>(bytes))));
    return number ? std::optional(number.value()) : std::nullopt;
}

bool writeNumber(const std::string& path, uint64_t number) {
    const base::Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const std::string text = base::cat(number, '\n');
    return file.valid() &&
           ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

}  // namespace

DatagramBacklog::DatagramBacklog(std::string path) : path_(std::move(path)) {
    const auto present = readNumber(path_);
    if (present && *present < kDatagramBacklog && writeNumber(path_, kDatagramBacklog)) {
        before_ = present;
    }
}

DatagramBacklog::~DatagramBacklog() {
    if (before_ && !writeNumber(path_, *before_)) {
        base::logWarning(base::cat(path_, " could not be put back to ", *before_, " and stays at ",
                                   kDatagramBacklog));
    }
}

}  // namespace evd::supervisor
