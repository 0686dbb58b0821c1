// Drives a fuzzer's entry point over the files of its corpus, and over cut and bit-flipped variants
// of each, so that every build proves what libFuzzer found once.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t kCutsMax = 2048;       // and as many turned bits, in all files of a corpus
constexpr size_t kCutsOfFileMax = 512;  // of them

void runVariants(const std::vector<uint8_t>& bytes, size_t cuts_max) {
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    const size_t step = bytes.size() / cuts_max + 1;
    for (size_t at = 0; at < bytes.size(); at += step) {
        // Exact-size copies, so that a sanitizer sees a read past the cut.
        const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(at));
        LLVMFuzzerTestOneInput(cut.data(), cut.size());
        std::vector<uint8_t> flipped = bytes;
        flipped[at] = static_cast<uint8_t>(flipped[at] ^ (1U << (at % 8)));
        LLVMFuzzerTestOneInput(flipped.data(), flipped.size());
    }
}

}  // namespace

int main(int count, char** arguments) {
    size_t files = 0;
    for (int i = 1; i < count; ++i) {
        if (!std::filesystem::is_directory(arguments[i])) {
            std::fprintf(stderr, "no corpus at %s\n", arguments[i]);
            return 1;
        }
        std::vector<std::vector<uint8_t>> inputs;
        for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
            std::ifstream file(entry.path(), std::ios::binary);
            inputs.emplace_back(std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>());
        }
        for (const auto& input : inputs) {
            runVariants(input, std::min(kCutsOfFileMax, kCutsMax / inputs.size() + 1));
        }
        files += inputs.size();
    }
    std::printf("%zu corpus files\n", files);
    return files > 0 ? 0 : 1;
}
