#!/usr/bin/env python3
"""Proves the linters: each rule complains about a small bad sample and is silent about a good one."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import check_banned
import check_clang
import check_conformance
import check_coverage
import check_docs
import check_fuzzers
import check_layers
import check_sizes
from source_tree import CodeText


def complaints(check, files):
    """What a linter prints about a tree of these files, its closing line left out."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            status = check(root)
        lines = output.getvalue().splitlines()[:-1]
    assert status == (1 if lines else 0), "status and findings disagree"
    return lines


class Complaining(unittest.TestCase):
    def assert_silent(self, check, files):
        self.assertEqual(complaints(check, files), [])

    def assert_complains(self, check, files, *words):
        lines = complaints(check, files)
        for word in words:
            self.assertTrue(any(word in line for line in lines), f"{word!r} not in {lines}")


class CodeTextTest(unittest.TestCase):
    def test_comments_and_insides_of_strings_vanish_and_offsets_stay(self):
        text = 'a("x // y"); // c\n/* d\n */ b(\'"\', 1\'000);\n'
        code = CodeText(text)
        self.assertEqual(len(code.code), len(text))
        self.assertEqual(code.code.count("\n"), 3)
        self.assertIn('a("      ");', code.code)
        self.assertIn("b(' ', 1'000);", code.code)
        self.assertNotIn("d", code.code)
        self.assertIn("x // y", code.without_comments)

    def test_a_raw_string_ends_where_its_own_end_is(self):
        code = CodeText('f(R"sql(a " // )" b)sql"); g();').code
        self.assertIn("g();", code)
        self.assertNotIn("//", code)

    def test_an_escaped_quotation_mark_does_not_end_a_string(self):
        self.assertEqual(CodeText(r'"a\"b" c').code, '"    " c')


HEADER = "#pragma once\n"


class LayersTest(Complaining):
    def test_allowed_includes_pass(self):
        self.assert_silent(check_layers.check, {
            "common/base/result.h": HEADER,
            "common/wire/record.h": HEADER + '#include "common/base/result.h"\n',
            "store/writer.cpp": '#include "common/wire/record.h"\n#include <vector>\n',
            "tests/unit/store/writer_test.cpp": '#include "common/wire/record.h"\n'
                                                "#include <doctest/doctest.h>\n"})

    def test_an_include_against_the_table(self):
        self.assert_complains(check_layers.check, {
            "common/wire/record.h": HEADER,
            "store/writer.h": HEADER,
            "common/base/x.cpp": '#include "common/wire/record.h"\n',
            "queryd/exec/y.cpp": '#include "store/writer.h"\n'},
            "common/base/x.cpp:1: common/base must not include common/wire/record.h",
            "queryd/exec/y.cpp:1: queryd must not include store/writer.h")

    def test_a_commented_include_does_not_count(self):
        self.assert_silent(check_layers.check, {
            "common/base/x.cpp": '// #include "common/wire/record.h"\n'})

    def test_a_missing_file_and_a_partial_path(self):
        self.assert_complains(check_layers.check, {
            "store/a.cpp": '#include "store/none.h"\n#include "b.h"\n'},
            '"store/none.h" does not exist', '"b.h" is not ours or not a full path')

    def test_a_header_of_ours_in_angle_brackets(self):
        self.assert_complains(check_layers.check, {
            "store/a.h": HEADER, "store/b.cpp": "#include <store/a.h>\n"}, "include it in quotes")

    def test_foreign_headers_have_one_place(self):
        self.assert_complains(check_layers.check, {
            "store/a.cpp": "#include <sqlite3.h>\n#include <kj/async.h>\n",
            "common/kmes/b.cpp": "#include <zmq.h>\n",
            "sandbox/confine.cpp": "#include <seccomp.h>\n",
            "queryd/lang/c.cpp": "#include <nlohmann/json.hpp>\n"},
            "store/a.cpp:1: <sqlite3.h>", "store/a.cpp:2: <kj/async.h>", "<zmq.h>", "<seccomp.h>",
            "<nlohmann/json.hpp>")
        self.assert_silent(check_layers.check, {
            "common/db/a.cpp": "#include <sqlite3.h>\n", "store/x_service.cpp": "#include <kj/async.h>\n"})

    def test_the_ring_reader_reaches_no_database_through_another_header(self):
        self.assert_complains(check_layers.check, {
            "common/wire/msgpack.h": HEADER,
            "common/kmes/a.h": HEADER + '#include "common/wire/msgpack.h"\n',
            "collector/ring/b.cpp": '#include "common/kmes/a.h"\n'},
            "collector/ring must not reach common/wire/msgpack.h")

    def test_headers_in_a_circle(self):
        self.assert_complains(check_layers.check, {
            "store/a.h": HEADER + '#include "store/b.h"\n',
            "store/b.h": HEADER + '#include "store/a.h"\n'}, "headers include one another")

    def test_only_the_store_opens_for_writing(self):
        self.assert_complains(check_layers.check, {
            "queryd/a.cpp": "auto c = db::Connection::openForWriting(path);\n"}, "openForWriting")

    def test_the_own_header_comes_first(self):
        self.assert_complains(check_layers.check, {
            "store/a.h": HEADER, "store/a.cpp": '#include <vector>\n#include "store/a.h"\n'},
            "its own header first")

    def test_a_header_without_pragma_once(self):
        self.assert_complains(check_layers.check, {"store/a.h": "int f();\n"}, "#pragma once")

    def test_linking_against_the_table(self):
        files = {"common/base/CMakeLists.txt": "evd_box(DEPS Threads::Threads)\n",
                 "common/db/CMakeLists.txt": "evd_box(DEPS evd_common_base)\n",
                 "common/kmes/CMakeLists.txt": "evd_box(DEPS evd_common_base)\n"}
        self.assert_silent(check_layers.check, files)
        files["common/kmes/CMakeLists.txt"] = "evd_box(DEPS evd_common_db)\n"
        self.assert_complains(check_layers.check, files, "common/kmes must not link evd_common_db")


class SizesTest(Complaining):
    def function(self, lines):
        return "int f() {\n" + "    g();\n" * (lines - 2) + "}\n"

    def test_a_file_at_the_limit_passes_and_above_it_does_not(self):
        self.assert_silent(check_sizes.check, {"store/a.cpp": "int a;\n" * 500})
        self.assert_complains(check_sizes.check, {"store/a.cpp": "int a;\n" * 501}, "501 lines")

    def test_a_listed_file_needs_a_reason_and_must_need_its_entry(self):
        self.assert_silent(check_sizes.check, {
            "store/a.cpp": "int a;\n" * 501, check_sizes.LONG_FILES: "store/a.cpp one table\n"})
        self.assert_complains(check_sizes.check, {
            "store/a.cpp": "int a;\n" * 10, check_sizes.LONG_FILES: "store/a.cpp one table\n"},
            "needs no entry")
        self.assert_complains(check_sizes.check, {check_sizes.LONG_FILES: "store/b.cpp\n"},
                              "needs a reason", "does not exist")

    def test_a_function_at_the_limit_passes_and_above_it_does_not(self):
        self.assert_silent(check_sizes.check, {"store/a.cpp": self.function(70)})
        self.assert_complains(check_sizes.check, {"store/a.cpp": self.function(71)},
                              "a.cpp:1: f has 71 lines")

    def test_a_main_stays_short(self):
        self.assert_silent(check_sizes.check, {"store/main.cpp": "int a;\n" * 120})
        self.assert_complains(check_sizes.check, {"store/main.cpp": "int a;\n" * 121}, "limit is 120")

    def test_functions_are_found_wherever_they_hide(self):
        text = ("namespace a {\n"
                "class B : public C {\n"
                "  public:\n"
                "    B(int x) : x_{x}, y_{{1, 2}} {\n"
                "        g();\n"
                "    }\n"
                "    int size() const { return 1; }\n"
                "    B& operator=(const B&) = delete;\n"
                "    B& operator+=(int y) {\n"
                "        return *this;\n"
                "    }\n"
                "    int x_{3};\n"
                "};\n"
                "const char* kTable[] = {\n    \"(\",\n};\n"
                "template <typename T>\n"
                "    requires(sizeof(T) > 1)\n"
                "T h(T t) {\n"
                "    auto f = [&] {\n        return t;\n    };\n"
                "    return f();\n"
                "}\n"
                "#define X(a) {\n"
                "TEST_CASE(\"a: b { c\") {\n"
                "    CHECK(true);\n"
                "}\n"
                "}  // namespace a\n")
        self.assertEqual(check_sizes.functions_of(text),
                         [("B", 4, 6), ("size", 7, 7), ("operator+=", 9, 11), ("h", 17, 24),
                          ("a test case", 26, 28)])


class BannedTest(Complaining):
    def test_each_banned_call_is_found_in_code(self):
        for line in ("int a = atoi(b);", "long a = std::strtol(b, nullptr, 10);", "sprintf(a, b);",
                     "std::regex r(a);", "std::cout << a;", "sleep(1);", "::usleep(5);",
                     "std::this_thread::sleep_for(a);", "::system(a);", 'system("ls");', "std::exit(1);",
                     "std::thread t(f);", "std::jthread t(f);", "auto t = std::chrono::system_clock::now();",
                     "clock_gettime(CLOCK_REALTIME, &t);", "auto t = time(nullptr);",
                     "using namespace std;", "auto* a = new A();", "delete a;", "throw a;",
                     "try { } catch (const A& a) { }", "assert(a);", "std::format(a);", "goto end;",
                     "#define MAX 1", "class StoreManager {};", "int seq = 1;", "t.detach();",
                     "strerror(errno);", "    static int calls = 0;", "int calls = 0;", "std::string name;",
                     "static std::map<int, int> seen;", "inline int calls{0};",
                     "thread_local int depth = 0;"):
            with self.subTest(line):
                self.assert_complains(check_banned.check, {"store/a.cpp": line + "\n"}, "is banned")

    def test_the_same_words_in_comments_strings_and_longer_names_pass(self):
        self.assert_silent(check_banned.check, {"store/a.cpp": "\n".join((
            "// atoi would throw; never sleep() here", 'f("goto new delete throw exit(1)");',
            "int exit_code = process.exit();", "A& operator=(const A&) = delete;",
            "std::unique_ptr<A> a(new A());", "new (place) A();", "asleep(1);", "sequence = 1;",
            "std::thread::hardware_concurrency();", "#define EVD_CHECK(a) f(a)",
            "constexpr int kMax = 1;", "inline constexpr std::string_view kName = \"a\";",
            "    static constexpr int kMax = 1;", "using Name = std::string;", "int f(int a);",
            "static int f();", "    static Result<int> parse(std::string_view text);",
            "struct Thing;", "return a;", "    int calls_ = 0;", "catch_up(1);", "_exit(1);", "filesystem(1);")) + "\n"})

    def test_exceptions_are_allowed_in_service_files_only(self):
        self.assert_silent(check_banned.check, {"store/store_service.cpp": "throw a;\n",
                                                "common/ipc/a.cpp": "throw a;\n"})

    def test_a_default_beside_our_own_enumerators(self):
        text = "void f() {\n    switch (k) {\n        case Kind::A:\n            break;\n" \
               "        default:\n            break;\n    }\n}\n"
        self.assert_complains(check_banned.check, {"store/a.cpp": text}, "a.cpp:5: no default:")
        self.assert_silent(check_banned.check, {"store/a.cpp": text.replace("Kind::A", "EAGAIN")})

    def test_a_nested_switch_is_judged_alone(self):
        text = "void f() {\n    switch (k) {\n        case Kind::A:\n            switch (errno) {\n" \
               "                case 1:\n                default:\n                    break;\n" \
               "            }\n    }\n}\n"
        self.assert_silent(check_banned.check, {"store/a.cpp": text})

    def test_places_and_unfinished_work_are_found_in_every_text(self):
        for text in ("see /" + "work/main\n", "in /tmp/" + "b-main\n", "/home/" + "somebody/x\n", "FIX" + "ME\n",
                     "TO" + "DO: later\n", "TO" + "DO(now): this\n", "Co-Authored" + "-By: x\n"):
            with self.subTest(text):
                self.assert_complains(check_banned.check, {"docs/a.md": text}, "is banned")
        self.assert_silent(check_banned.check, {"docs/a.md": "TO" + "DO(perf): when shards are many\n"
                                                             "work/main /network/x rootless\n"})

    def test_file_names_that_say_nothing(self):
        self.assert_complains(check_banned.check, {"store/string_utils.h": "\n"}, "name says nothing")


class DocsTest(Complaining):
    PAGE = "docs/README.md"

    def test_links_and_headings(self):
        self.assert_silent(check_docs.check, {
            self.PAGE: "[a](a.md#one-thing) [b](https://example.org/x) [c](#here)\n## Here\n",
            "docs/a.md": "# One thing\n"})
        self.assert_complains(check_docs.check, {
            self.PAGE: "[a](a.md#two) [b](none.md)\n", "docs/a.md": "# One\n"},
            "docs/a.md has no heading for #two", "leads nowhere: none.md")

    def test_named_files(self):
        files = {"README.md": "`store/a.{h,cpp}` and `store/` and `some/thing` and `common/*`\n",
                 "store/a.h": "", "common/b.h": ""}
        self.assert_complains(check_docs.check, files, "`store/a.cpp` does not exist")
        files["store/a.cpp"] = ""
        self.assert_silent(check_docs.check, files)

    def test_commands_and_flags(self):
        files = {"README.md": "`./dev up --state x` `./dev dance` `build/bin/none --mute`\n",
                 "dev": '"--state"\ncase "$verb" in\n    up) up ;;\nesac\n'}
        self.assertEqual(len(complaints(check_docs.check, files)), 3)
        self.assert_complains(check_docs.check, files, "no verb dance", "build/bin/none", "--mute")

    def test_every_page_is_in_the_index(self):
        self.assert_complains(check_docs.check, {self.PAGE: "x\n", "docs/a.md": "x\n"},
                              "does not list docs/a.md")

    def test_settings_are_described_with_their_defaults(self):
        files = {"common/config/setting_specs.cpp": '    live("Rows", 1, 2, "5", "Most rows."),\n'
                                                    '    live("Linux\\\\Cpus", 1, 2, "", "Cpus."),\n',
                 "docs/configuration.md": "| `Rows` | dword | 1-2 | 5 | most |\n"
                                          "| `Linux\\Cpus` | dword | 1-2 | - | cpus |\n",
                 self.PAGE: "[c](configuration.md)\n"}
        self.assert_silent(check_docs.check, files)
        files["docs/configuration.md"] = "| `Rows` | dword | 1-2 | 6 | most |\n" \
                                         "| `Gone` | dword | 1-2 | 6 | most |\n"
        self.assert_complains(check_docs.check, files, "Linux\\Cpus is not described",
                              "no setting Gone", "default of Rows is not 6")


class ConformanceTest(Complaining):
    LIST = "tests/lint/psd008_statements.txt"
    PAGE = "docs/conformance/a.md"
    ROWS = ('| §2.4/1-2 | commits early | `store/a.cpp` | "writer: commits early" | built |\n'
            '| §2.4/2,3 | well. Missing: the rest | `store/a.cpp` | "fixed: one; \\"two\\"" | partly |\n'
            '| Ruling S1 | ids | `store/a.cpp` | `tests/q.case`; "case: ids" | built |\n')
    COUNTS = ("| 2 Ingestion | 3 | 2 | 1 | 1 | 2 | 0 |\n| All | 3 | 2 | 1 | 1 | 2 | 0 |\n"
              "| Rulings | 1 | - | - | 1 | 0 | 0 |\n")

    def tree(self, **changed):
        files = {"list": "# words\n2.4 Batches: MUST MUST-NOT\n2.4 Calm: SHOULD\nrulings: S1\n",
                 "counts": self.COUNTS, "rows": self.ROWS, **changed}
        return {self.LIST: files["list"], "docs/conformance.md": files["counts"],
                self.PAGE: files["rows"], "store/a.cpp": "", "tests/q.case": "",
                "tests/query/b.case": "case: ids\n",
                "tests/unit/store/a_test.cpp":
                    'TEST_CASE("writer: "\n          "commits early") {}\n'
                    'TEST_CASE_FIXTURE(a::Fixture,\n    "fixed: one; \\"two\\"") {}\n'}

    def test_complete_rows_are_fine(self):
        self.assert_silent(check_conformance.check, self.tree())

    def test_rows_are_sound_and_name_what_exists(self):
        for old, new, word in (('early" |', 'late" |', 'no test "writer: commits late"'),
                               (" built ", " soon ", "five cells"),
                               ('"writer: commits early"', "-", "has a file and a proof"),
                               ("`store/a.cpp`", "`store/b.cpp`", "no store/b.cpp"),
                               ("tests/q.case", "tests/r.case", "no `tests/r.case`"),
                               ('"case: ids"', '"case: idle"', 'no test "case: idle"'),
                               ('`; "case', '` "case', "with '; ' between"),
                               ("Missing: ", "", "what is partly says what is missing")):
            with self.subTest(word):
                rows = self.ROWS.replace(old, new)
                self.assertNotEqual(rows, self.ROWS)
                self.assert_complains(check_conformance.check, self.tree(rows=rows), word)

    def test_every_statement_and_ruling_has_a_row(self):
        for old, new, word in (("/2,3 |", "/2 |", "no row covers §2.4/3 (SHOULD)"),
                               ("/1-2 |", "/2 |", "no row covers §2.4/1 (MUST)"),
                               ("Ruling S1", "Ruling S2", "no row covers ruling S1"),
                               ("Ruling S1", "Ruling S2", "has no ruling S2"),
                               ("/1-2 |", "/1-4 |", "has no statement §2.4/4")):
            with self.subTest(word):
                rows = self.ROWS.replace(old, new)
                self.assert_complains(check_conformance.check, self.tree(rows=rows), word)
        longer = "2.4 Batches: MUST MUST-NOT\n2.4 Calm: SHOULD\n3.1 New: MUST\nrulings: S1\n"
        self.assert_complains(check_conformance.check, self.tree(list=longer),
                              "no row covers §3.1/1", "no row 3: 1 1 0 0 0 0")

    def test_the_counts_are_those_of_the_rows(self):
        counts = self.COUNTS.replace("| 1 | 1 | 2 | 0 |", "| 1 | 2 | 1 | 0 |")
        self.assert_complains(check_conformance.check, self.tree(counts=counts),
                              "the counts of 2 are 3 2 1 1 2 0", "the counts of All are")


class FuzzersTest(Complaining):
    TABLE = """# Testing

## Doors and their fuzzers

| what comes in | read by | fuzzed by |
|---|---|---|
| lines, `Talk` | `common/wire/line.h` | `line` |
"""
    GOOD = {
        "docs/testing.md": TABLE,
        "capnp/talk.capnp": "interface Talk {\n}\n",
        "common/wire/line.h": "Result<Line> parseLine(std::string_view text);\n",
        "tests/fuzz/line_fuzz.cpp": "",
        "tests/fuzz/line.dict": '# Words.\n# also for: line\n"x"\n',
        "tests/fuzz/corpus/line/seed": "x",
    }

    def with_change(self, **changes):
        files = dict(self.GOOD)
        for path, text in changes.items():
            path = path.replace("__", "/").replace("_DOT_", ".")
            if text is None:
                del files[path]
            else:
                files[path] = text
        return files

    def test_a_whole_table_is_good(self):
        self.assert_silent(check_fuzzers.check, self.GOOD)

    def test_a_fuzzer_needs_a_corpus_of_small_inputs(self):
        self.assert_complains(check_fuzzers.check,
                              self.with_change(tests__fuzz__corpus__line__seed=None), "no corpus")
        self.assert_complains(check_fuzzers.check,
                              self.with_change(tests__fuzz__corpus__line__seed="x" * 9000), "9000")

    def test_a_parser_or_an_interface_that_is_not_listed_is_found(self):
        self.assert_complains(
            check_fuzzers.check,
            self.with_change(store__x_DOT_h="X decodeX(std::span<const uint8_t> bytes);\n"),
            "decodeX")
        self.assert_complains(check_fuzzers.check,
                              self.with_change(capnp__y_DOT_capnp="interface Other {\n"), "Other")

    def test_a_row_must_name_what_is_there(self):
        row = "| more | `common/no.h` | `nobody` |\n"
        self.assert_complains(check_fuzzers.check,
                              self.with_change(docs__testing_DOT_md=self.TABLE + row),
                              "no common/no.h", "no fuzzer nobody")
        row = "| more | `common/wire/line.h` | by hand |\n"
        self.assert_complains(check_fuzzers.check,
                              self.with_change(docs__testing_DOT_md=self.TABLE + row),
                              "nothing fuzzes this")

    def test_a_fuzzer_or_a_dictionary_that_stands_alone_is_found(self):
        self.assert_complains(check_fuzzers.check,
                              self.with_change(tests__fuzz__new_fuzz_DOT_cpp=""), "in no row")
        self.assert_complains(check_fuzzers.check,
                              self.with_change(tests__fuzz__old_DOT_dict=""), "for old")

    def test_a_fuzzer_needs_a_dictionary_of_its_own_or_of_another(self):
        self.assert_complains(check_fuzzers.check,
                              self.with_change(tests__fuzz__line_DOT_dict=None), "no dictionary")
        row = "| words | `common/wire/line.h` | `word` |\n"
        other = {"docs__testing_DOT_md": self.TABLE + row, "tests__fuzz__word_fuzz_DOT_cpp": "",
                 "tests__fuzz__corpus__word__seed": "x"}
        self.assert_complains(check_fuzzers.check, self.with_change(**other), "word.dict")
        self.assert_silent(check_fuzzers.check, self.with_change(
            **other, tests__fuzz__line_DOT_dict='# Words.\n# also for: word\n"x"\n'))


class ClangTest(unittest.TestCase):
    def test_a_header_is_shown_by_its_own_source_or_by_one_that_includes_it(self):
        sources = ["a/x.cpp", "a/y.cpp", "b/z.cpp"]
        including = {"a/x.h": ["a/y.cpp", "a/x.cpp"], "a/only.h": ["b/z.cpp", "a/y.cpp"]}
        self.assertEqual(check_clang.chosen(["a/x.h"], sources, including), ["a/x.cpp"])
        self.assertEqual(check_clang.chosen(["a/only.h"], sources, including), ["b/z.cpp"])
        self.assertEqual(check_clang.chosen(["a/alone.h", "README.md", "c/gone.cpp"], sources, including), [])

    def test_the_newest_are_read_where_there_are_too_many(self):
        sources = [f"a/{number}.cpp" for number in range(5)]
        self.assertEqual(check_clang.chosen(sources, sources, {}, most=4), sources[:4])
        self.assertEqual(check_clang.chosen(sources, sources, {}, most=5), sources)

    def test_clang_gets_the_flags_and_makes_nothing(self):
        self.assertEqual(
            check_clang.clang_command("clang++", "/usr/bin/c++ -DX=\\\"1\\\" -I/r -o a/x.o -c /r/a/x.cpp"),
            ["clang++", "-fsyntax-only", "-Wno-unknown-warning-option", '-DX="1"', "-I/r", "/r/a/x.cpp"])

    def test_what_clang_says_is_given_with_its_line(self):
        line, text = check_clang.first_complaint("note\n/r/a/x.h:12:3: error: no such thing [-Wx]\n/r/b: error: y")
        self.assertEqual(line, 12)
        self.assertIn("no such thing [-Wx] (/r/a/x.h)", text)
        self.assertEqual(check_clang.first_complaint("killed")[0], 1)


class CoverageTest(Complaining):
    @staticmethod
    def tree(run, page):
        """A tree in which `run` of the hundred lines of one file are run, and one row of the page."""
        summary = {"files": [
            {"filename": "common/wire/frame.cpp", "line_total": 100, "line_covered": run},
            {"filename": "queryd/exec/sort.cpp", "line_total": 100, "line_covered": 0}]}
        return {check_coverage.SUMMARY: json.dumps(summary), check_coverage.PAGE: page + "\n"}

    def test_what_is_run_whole_or_promised_as_it_is_passes(self):
        row = "| `common/wire/frame.cpp` | 93 % | why |"
        self.assert_silent(check_coverage.check, self.tree(100, ""))
        self.assert_silent(check_coverage.check, self.tree(93, row))
        self.assert_silent(check_coverage.check, self.tree(96, row))
        self.assert_silent(check_coverage.check, {"docs/x.md": "never measured"})

    def test_less_than_promised(self):
        row = "| `common/wire/frame.cpp` | 93 % | why |"
        self.assert_complains(check_coverage.check, self.tree(99, ""), "promised are 100 %")
        self.assert_complains(check_coverage.check, self.tree(92, row), "promised are 93 %")

    def test_a_promise_that_is_far_too_small(self):
        row = "| `common/wire/frame.cpp` | 93 % | why |"
        self.assert_complains(check_coverage.check, self.tree(97, row), "promise it")

    def test_a_row_is_about_a_safety_relevant_file(self):
        row = "| `queryd/exec/sort.cpp` | 0 % | why |"
        self.assert_complains(check_coverage.check, self.tree(100, row), "not measured")


if __name__ == "__main__":
    unittest.main()
