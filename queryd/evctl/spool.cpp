#include "queryd/evctl/spool.h"

#include "common/base/text.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace evd::evctl {

namespace {

constexpr size_t kLengthBytes = sizeof(uint32_t);
constexpr size_t kReadAheadBytes = 256 * 1024;

uint32_t lengthAt(const uint8_t* at) {
    uint32_t length = 0;
    std::memcpy(&length, at, kLengthBytes);
    return length;
}

void appendLength(std::vector<uint8_t>& out, size_t length) {
    const auto number = static_cast<uint32_t>(length);
    uint8_t bytes[kLengthBytes];
    std::memcpy(bytes, &number, kLengthBytes);
    out.insert(out.end(), bytes, bytes + kLengthBytes);
}

// O_TMPFILE where the file system has it, else a file that loses its name at once.
base::Result<base::Fd> makeNamelessFile(const std::string& folder) {
    base::Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (file.valid()) {
        return file;
    }
    std::string pattern = folder + "/evctl-XXXXXX";
    file.reset(::mkostemp(pattern.data(), O_CLOEXEC));
    if (!file.valid()) {
        return base::failErrno(base::cat("cannot make a temporary file in ", folder), errno);
    }
    (void)::unlink(pattern.c_str());  // a name left behind harms nobody
    return file;
}

base::Result<void> readAt(int fd, uint64_t offset, std::span<uint8_t> out) {
    size_t done = 0;
    while (done < out.size()) {
        const ssize_t got =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got > 0) {
            done += static_cast<size_t>(got);
        } else if (got == 0 || errno != EINTR) {
            return base::failErrno("cannot read the temporary file", got == 0 ? EIO : errno);
        }
    }
    return {};
}

// Whole records at the front of the bytes; answers how many bytes they take.
base::Result<size_t> visitFront(std::span<const uint8_t> bytes, const Spool::Visitor& visit) {
    size_t at = 0;
    while (bytes.size() - at >= kLengthBytes) {
        const size_t length = lengthAt(bytes.data() + at);
        if (bytes.size() - at < length + 2 * kLengthBytes) {
            break;
        }
        EVD_TRY(visit(bytes.subspan(at + kLengthBytes, length)));
        at += length + 2 * kLengthBytes;
    }
    return at;
}

}  // namespace

base::Result<void> Spool::add(std::span<const uint8_t> record) {
    if (!memory_.empty() && memory_.size() + record.size() > memory_max_) {
        EVD_TRY(spill());
    }
    appendLength(memory_, record.size());
    memory_.insert(memory_.end(), record.begin(), record.end());
    appendLength(memory_, record.size());
    ++count_;
    return {};
}

base::Result<void> Spool::spill() {
    if (!file_.valid()) {
        auto file = makeNamelessFile(folder_);
        if (!file.ok()) {
            return file.error();
        }
        file_ = std::move(file).value();
    }
    size_t done = 0;
    while (done < memory_.size()) {
        const ssize_t put = ::pwrite(file_.get(), memory_.data() + done, memory_.size() - done,
                                     static_cast<off_t>(file_bytes_ + done));
        if (put < 0 && errno != EINTR) {
            return base::failErrno("cannot write the temporary file", errno);
        }
        done += put > 0 ? static_cast<size_t>(put) : 0;
    }
    file_bytes_ += memory_.size();
    memory_.clear();
    return {};
}

base::Result<void> Spool::visitFile(const Visitor& visit) {
    std::vector<uint8_t> window(kReadAheadBytes);
    uint64_t at = 0;
    while (at < file_bytes_) {
        const size_t bytes = std::min<uint64_t>(window.size(), file_bytes_ - at);
        EVD_TRY(readAt(file_.get(), at, std::span(window).first(bytes)));
        const auto taken = visitFront(std::span(window).first(bytes), visit);
        if (!taken.ok()) {
            return taken.error();
        }
        if (taken.value() == 0) {
            window.resize(lengthAt(window.data()) +
                          2 * kLengthBytes);  // one record above the window
        }
        at += taken.value();
    }
    return {};
}

base::Result<void> Spool::forEach(const Visitor& visit) {
    EVD_TRY(visitFile(visit));
    const auto taken = visitFront(memory_, visit);
    return taken.ok() ? base::Result<void>() : taken.error();
}

base::Result<void> Spool::forEachBackward(const Visitor& visit) {
    size_t end = memory_.size();
    while (end > 0) {
        const size_t length = lengthAt(memory_.data() + end - kLengthBytes);
        EVD_TRY(visit(std::span(memory_).subspan(end - kLengthBytes - length, length)));
        end -= length + 2 * kLengthBytes;
    }
    uint64_t file_end = file_bytes_;
    std::vector<uint8_t> record;
    while (file_end > 0) {
        uint8_t length_bytes[kLengthBytes];
        EVD_TRY(readAt(file_.get(), file_end - kLengthBytes, length_bytes));
        record.resize(lengthAt(length_bytes));
        EVD_TRY(readAt(file_.get(), file_end - kLengthBytes - record.size(), record));
        EVD_TRY(visit(record));
        file_end -= record.size() + 2 * kLengthBytes;
    }
    return {};
}

void Spool::clear() {
    memory_ = {};
    file_.reset();
    file_bytes_ = 0;
    count_ = 0;
}

}  // namespace evd::evctl
