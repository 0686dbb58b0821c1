#include "queryd/evctl/line_splitter.h"

#include "common/base/text.h"

#include <algorithm>

namespace evd::evctl {

void LineSplitter::feed(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty()) {
        // A CR behind a line that is full may belong to its end.
        const bool may_end =
            bytes.front() == '\n' || (bytes.front() == '\r' && partial_.size() == kLogLineBytesMax);
        if (partial_.size() >= kLogLineBytesMax && !may_end) {
            split(sink);
        }
        const size_t room = may_end ? 1 : kLogLineBytesMax - partial_.size();
        const size_t taken = std::min({bytes.find('\n'), bytes.size(), room});
        partial_ += bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (!bytes.empty() && bytes.front() == '\n') {
            bytes.remove_prefix(1);
            if (partial_.ends_with('\r')) {
                partial_.pop_back();
            }
            pass(partial_, sink);
            partial_.clear();
        }
    }
}

// The line goes on, perhaps within its last character, which then stays for the next part.
void LineSplitter::split(const Sink& sink) {
    const bool in_character = (static_cast<unsigned char>(partial_.back()) & 0x80) != 0;
    const size_t whole = in_character ? base::wholeCharacters(partial_ + '\x80', kLogLineBytesMax)
                                      : kLogLineBytesMax;
    pass(std::string_view(partial_).substr(0, whole), sink);
    partial_.erase(0, whole);
}

void LineSplitter::finish(const Sink& sink) {
    if (partial_.size() > kLogLineBytesMax) {
        split(sink);
    }
    if (!partial_.empty()) {
        pass(partial_, sink);
        partial_.clear();
    }
}

void LineSplitter::pass(std::string_view line, const Sink& sink) {
    if (base::isUtf8(line)) {
        sink(line);
    } else {
        sink(base::toUtf8(line));
    }
}

}  // namespace evd::evctl
