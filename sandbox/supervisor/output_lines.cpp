#include "sandbox/supervisor/output_lines.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <algorithm>
#include <utility>

namespace evd::supervisor {

namespace {

constexpr int64_t kLineNs = base::kNsPerSecond / kLinesPerSecond;
constexpr int64_t kCreditNsMax = kLinesBurstMax * kLineNs;

bool isControl(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return (byte < 0x20 && character != '\t') || byte == 0x7f;
}

// U+0080 to U+009F are controls too: some terminals take them, or the same as bare bytes, for the
// beginning of a command.
std::string withoutHighControls(std::string_view line) {
    std::string clean;
    for (const char character : base::toUtf8(line)) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte >= 0x80 && byte < 0xa0 && clean.ends_with('\xc2')) {
            clean.back() = '?';
        } else {
            clean += character;
        }
    }
    return clean;
}

}  // namespace

OutputLines::OutputLines(std::string program)
    : program_(std::move(program)), credit_ns_(kCreditNsMax) {}

std::string OutputLines::take(std::string_view bytes, int64_t now_ns) {
    std::string out;
    for (const char character : bytes) {
        if (character == '\n') {
            endLine(out, now_ns);
            continue;
        }
        if (line_.size() == kLineBytesMax) {
            endLine(out, now_ns);
        }
        line_ += isControl(character) ? '?' : character;
    }
    return out;
}

std::string OutputLines::finish(int64_t now_ns) {
    std::string out;
    if (!line_.empty()) {
        endLine(out, now_ns);
    }
    if (left_out_ > 0) {
        out += base::cat("eventd: ", program_, " said ", left_out_, " lines more\n");
        left_out_ = 0;
    }
    return out;
}

void OutputLines::endLine(std::string& out, int64_t now_ns) {
    line_ = withoutHighControls(line_);
    last_.push_back(line_.substr(0, base::wholeCharacters(line_, kLastLineBytesMax)));
    if (last_.size() > kLastLinesMax) {
        last_.pop_front();
    }
    if (mayPass(now_ns)) {
        if (left_out_ > 0) {
            out += base::cat("eventd: ", program_, " says too much, ", left_out_,
                             " lines were left out\n");
            left_out_ = 0;
        }
        out += line_;
        out += '\n';
    } else {
        ++left_out_;
    }
    line_.clear();
}

bool OutputLines::mayPass(int64_t now_ns) {
    credit_ns_ = std::min(kCreditNsMax, credit_ns_ + (now_ns - credited_at_ns_));
    credited_at_ns_ = now_ns;
    if (credit_ns_ < kLineNs) {
        return false;
    }
    credit_ns_ -= kLineNs;
    return true;
}

}  // namespace evd::supervisor
