#include "common/base/check.h"
#include "common/wire/msgpack.h"

#include <bit>
#include <limits>

namespace evd::wire {

namespace {

void appendBigEndian(std::vector<uint8_t>& out, uint64_t number, unsigned count) {
    uint8_t bytes[8];
    for (unsigned i = 0; i < count; ++i) {
        bytes[i] = static_cast<uint8_t>(number >> 8 * (count - 1 - i));
    }
    out.insert(out.end(), bytes, bytes + count);
}

void appendHead(std::vector<uint8_t>& out, uint8_t first, uint64_t number, unsigned count) {
    out.push_back(first);
    appendBigEndian(out, number, count);
}

// The first bytes of a kind that comes with a 1-, 2- or 4-byte length; 0 where there is no such
// form.
struct LengthForms {
    uint8_t one_byte;
    uint8_t two_bytes;
    uint8_t four_bytes;
};

void appendLength(std::vector<uint8_t>& out, LengthForms forms, size_t length) {
    EVD_CHECK(length <= std::numeric_limits<uint32_t>::max(), "msgpack lengths are 32-bit");
    if (length <= 0xFF && forms.one_byte != 0) {
        appendHead(out, forms.one_byte, length, 1);
    } else if (length <= 0xFFFF) {
        appendHead(out, forms.two_bytes, length, 2);
    } else {
        appendHead(out, forms.four_bytes, length, 4);
    }
}

}  // namespace

void MsgpackWriter::nil() {
    out_.push_back(0xC0);
}

void MsgpackWriter::boolean(bool value) {
    out_.push_back(value ? 0xC3 : 0xC2);
}

void MsgpackWriter::integer(int64_t value) {
    const auto raw = static_cast<uint64_t>(value);
    if (value >= 0) {
        unsignedInteger(raw);
    } else if (value >= -32) {
        out_.push_back(static_cast<uint8_t>(raw));
    } else if (value >= std::numeric_limits<int8_t>::min()) {
        appendHead(out_, 0xD0, raw, 1);
    } else if (value >= std::numeric_limits<int16_t>::min()) {
        appendHead(out_, 0xD1, raw, 2);
    } else if (value >= std::numeric_limits<int32_t>::min()) {
        appendHead(out_, 0xD2, raw, 4);
    } else {
        appendHead(out_, 0xD3, raw, 8);
    }
}

void MsgpackWriter::unsignedInteger(uint64_t value) {
    if (value < 0x80) {
        out_.push_back(static_cast<uint8_t>(value));
    } else if (value <= 0xFF) {
        appendHead(out_, 0xCC, value, 1);
    } else if (value <= 0xFFFF) {
        appendHead(out_, 0xCD, value, 2);
    } else if (value <= 0xFFFFFFFF) {
        appendHead(out_, 0xCE, value, 4);
    } else {
        appendHead(out_, 0xCF, value, 8);
    }
}

// Always binary64: a shorter form would change the type that a reader sees.
void MsgpackWriter::floating(double value) {
    appendHead(out_, 0xCB, std::bit_cast<uint64_t>(value), 8);
}

void MsgpackWriter::text(std::string_view value) {
    if (value.size() < 32) {
        out_.push_back(static_cast<uint8_t>(0xA0 | value.size()));
    } else {
        appendLength(out_, {0xD9, 0xDA, 0xDB}, value.size());
    }
    out_.insert(out_.end(), value.begin(), value.end());
}

void MsgpackWriter::bytes(std::span<const uint8_t> value) {
    appendLength(out_, {0xC4, 0xC5, 0xC6}, value.size());
    out_.insert(out_.end(), value.begin(), value.end());
}

void MsgpackWriter::arrayHeader(uint32_t count) {
    if (count < 16) {
        out_.push_back(static_cast<uint8_t>(0x90 | count));
    } else {
        appendLength(out_, {0, 0xDC, 0xDD}, count);
    }
}

void MsgpackWriter::mapHeader(uint32_t pairs) {
    if (pairs < 16) {
        out_.push_back(static_cast<uint8_t>(0x80 | pairs));
    } else {
        appendLength(out_, {0, 0xDE, 0xDF}, pairs);
    }
}

void MsgpackWriter::raw(std::span<const uint8_t> value) {
    out_.insert(out_.end(), value.begin(), value.end());
}

size_t MsgpackWriter::openMap() {
    const size_t opened_at = out_.size();
    appendHead(out_, 0xDF, 0, 4);
    return opened_at;
}

void MsgpackWriter::setMapCount(size_t opened_at, uint32_t pairs) {
    EVD_CHECK(opened_at + 5 <= out_.size() && out_[opened_at] == 0xDF, "no map was opened there");
    for (unsigned i = 0; i < 4; ++i) {
        out_[opened_at + 1 + i] = static_cast<uint8_t>(pairs >> 8 * (3 - i));
    }
}

}  // namespace evd::wire
