#include "common/wire/frame.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <algorithm>
#include <limits>

namespace evd::wire {

namespace {

uint32_t readLength(const uint8_t* at) {
    uint32_t length = 0;
    for (unsigned i = 0; i < kFrameHeadBytes; ++i) {
        length |= static_cast<uint32_t>(at[i]) << 8 * i;
    }
    return length;
}

}  // namespace

std::span<uint8_t> FrameDecoder::room() {
    if (taken_ > 0) {
        std::copy(buffer_.begin() + static_cast<ptrdiff_t>(taken_),
                  buffer_.begin() + static_cast<ptrdiff_t>(filled_), buffer_.begin());
        filled_ -= taken_;
        taken_ = 0;
    }
    if (buffer_.size() - filled_ < kFrameReadBytes) {
        buffer_.resize(std::max(filled_ + kFrameReadBytes, buffer_.size() * 2));
    }
    return std::span(buffer_).subspan(filled_);
}

void FrameDecoder::received(size_t bytes) {
    EVD_CHECK(bytes <= buffer_.size() - filled_, "more bytes than there was room for");
    filled_ += bytes;
}

base::Result<std::optional<std::span<const uint8_t>>> FrameDecoder::next() {
    using Frame = std::optional<std::span<const uint8_t>>;
    if (filled_ - taken_ < kFrameHeadBytes) {
        return Frame();
    }
    const size_t length = readLength(buffer_.data() + taken_);
    if (length > body_bytes_max_) {
        return base::fail(
            base::ErrorKind::Invalid,
            base::cat("a frame of ", length, " bytes; at most ", body_bytes_max_, " are accepted"));
    }
    if (filled_ - taken_ - kFrameHeadBytes < length) {
        return Frame();
    }
    const Frame body = std::span<const uint8_t>(buffer_).subspan(taken_ + kFrameHeadBytes, length);
    taken_ += kFrameHeadBytes + length;
    return body;
}

void appendFrame(std::vector<uint8_t>& out, std::span<const uint8_t> body) {
    const size_t opened_at = openFrame(out);
    out.insert(out.end(), body.begin(), body.end());
    closeFrame(out, opened_at);
}

size_t openFrame(std::vector<uint8_t>& out) {
    const size_t opened_at = out.size();
    out.resize(opened_at + kFrameHeadBytes);
    return opened_at;
}

void closeFrame(std::vector<uint8_t>& out, size_t opened_at) {
    EVD_CHECK(opened_at + kFrameHeadBytes <= out.size(), "no frame was opened there");
    const size_t length = out.size() - opened_at - kFrameHeadBytes;
    EVD_CHECK(length <= std::numeric_limits<uint32_t>::max(), "a frame's length is 32-bit");
    for (unsigned i = 0; i < kFrameHeadBytes; ++i) {
        out[opened_at + i] = static_cast<uint8_t>(length >> 8 * i);
    }
}

}  // namespace evd::wire
