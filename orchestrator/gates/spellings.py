"""How tests, assertions, skips and loosened checks are spelled, across languages."""

from __future__ import annotations

import re

CODE_FILE = re.compile(
    r"\.(?:py|[cm]?[jt]sx?|vue|svelte|go|rs|rb|php|java|kts?|scala|groovy|cs|swift|cc?|cpp|hh?|hpp"
    r"|lua|exs?|dart|sh)$"
)
PROSE = re.compile(
    r"\.(?:md|markdown|rst|adoc)$|(?:^|/)(?!requirements|cmakelists)[^/]*\.txt$", re.IGNORECASE
)
UNCHECKED_PROSE = re.compile(
    r"<!--\s*(?:(?:prettier|biome)-ignore|(?:eslint|markdownlint|textlint)-disable|vale\b.*=\s*NO)"
)
"""Prose speaks of what switches checks off; its own checkers hear such comments only."""
HIDDEN = re.compile(r"\r.")
"""A line end for Python and JavaScript, and none for git, terminals and all patterns here."""
DEFINITION = re.compile(
    r"""
    ^\s*(?:
        (?:async\s+)?def\s+(?P<py>test\w*)\s*\(
      | (?:it|test|testWidgets|specify|scenario|describe|context)(?:\.\w+(?:\([^()]*\))?)*\s*\(\s*
            (?P<q>["'`])(?P<js>.+?)(?P=q)
      | (?:it|test|specify|scenario|describe|context)\s+(?P<q2>["'])(?P<rb>.+?)(?P=q2)
      | func\s+(?:\(\w+\s+\*?\w+\)\s*)?(?P<go>(?:Test|Fuzz|Benchmark)\w+)\s*\(
      | (?:public\s+|private\s+|internal\s+)*(?:void|func?|function)\s+(?P<java>`?test[^(]*?)\s*\(
      | (?:TYPED_)?TEST(?:_[FP])?\s*\(\s*(?P<gtest>\w+\s*,\s*\w+)\s*\)
      | (?:TEST_CASE|SCENARIO)\s*\(\s*"(?P<catch>[^"]+)"
      | (?:pub\s+)?(?:async\s+)?fn\s+(?P<rs>test\w*|\w+_test|\w*should\w*)\s*\(
      | @test\s+"(?P<bats>[^"]+)"
    )""",
    re.VERBOSE,
)
ATTRIBUTE = re.compile(
    r"""
    ^\s*(?:
        @(?:(?:Parameterized|Repeated)?Test|TestFactory|TestTemplate)\b | \#\[(?:\w+::)?[tT]est\b
      | \[(?:Fact|Theory|InlineData|Test|TestCase|TestCaseSource|(?:Data)?TestMethod|DataRow)\b
    )""",
    re.VERBOSE,
)
ASSERTION = re.compile(
    r"""
    ^\s*(?:await\s+|return\s+|self\.|this\.|\$this->|self::|static::|t\.|chai\.|cy\.)*
    (?:
        assert\b | expect\w*\s*[({.] | should\b | (?:Error|Fatal|Fail|FailNow)f?\s*\(
      | require\.\w+\s*\( | verify\w*\s*\( | refute\w* | is_expected
      | pytest\.(?:raises|warns|approx) | \w*Assert(?:ions?)?(?:\.|::)\w+
      | XCT(?:Assert|Fail|Unwrap) | \#(?:expect|require)\b
      | (?:TEST_)?(?:EXPECT|ASSERT|REQUIRE|CHECK)(?:_[A-Z0-9_]+)?\s*\(
    )
    | ^\s*(?:await\s+|return\s+)?(?:[$\w]+(?:\.|->|::))*assert(?:\s*\(|_\w|\.\w|[A-Z!]\w*)
    | ^\s*(?:await\s+)?t\.(?:is|not|ok|notOk|true|false|truthy|falsy|like|regex|match|same
        |strictSame|\w*[eE]quals?|throws\w*|notThrows\w*|rejects|snapshot)\s*\(
    | ^\s*(?:s|suite|is|a|r)\.(?:(?:Require|Assert)\(\)\.)?(?:Not?)?
        (?:Equal|Nil|True|False|Error|Contains|Len|Empty|Zero|Panics|ElementsMatch|JSONEq)\w*\s*\(
    | (?:\.|->)(?:should|(?:must|wont)_\w+|Should\(\)|to(?:Be|Equal|Have|Match|Throw|Contain)\w*)
        (?!\w)
    | (?:\.|->)toStrictEqual\b | \.expect\s*\(\s*\d
    | \bshould(?:Be|Not|Throw|Have|Contain)\w*(?:\s+[\w"'(\[{-]|<\w+>)
    | \bwith\s+(?:self\.assert\w+|pytest\.(?:raises|warns))
    """,
    re.VERBOSE,
)
SKIP = re.compile(
    r"""
    @(?:pytest\.mark\.(?:skip|skipif|xfail)|unittest\.(?:skip|expectedFailure)\w*
        |Disabled\w*|Ignore)\b
    | \bpytest\.(?:skip|xfail|importorskip)\s*\( | \bself\.skipTest\s*\( | \braise\s+SkipTest
    | \bpytestmark\s*=.*\b(?:skip|xfail)
    | \b(?:it|test|describe|context|suite)(?:\.\w+)*\.(?:skip|todo|failing|fixme|only)\b
    | ^\s*(?:xit|xtest|xdescribe|xcontext|xspecify|fit|fdescribe|fcontext)\s*[("']
    | \b(?:it|test|describe|context|suite)(?:\.\w+)*\s*\(\s*
        (?:(?P<q>["'`])(?:(?!(?P=q)).)*(?P=q)\s*,\s*)?\{[^{}]*\b(?:skip|todo|only)\s*:\s*(?!false\b)
    | ^\s*\{\s*(?:skip|todo|only)\s*:\s*true\b
    | ^\s*(?:it|specify|example|scenario|describe|context|feature)\b.*,\s*
        (?::(?:skip|pending|focus)\b|(?:skip|pending|focus):\s*(?!false\b|nil\b))
    | \bthis\.skip\s*\( | \bt\.(?:Skip|SkipNow|Skipf)\s*\( | \bmarkTest(?:Skipped|Incomplete)\b
    | \#\[ignore\b | ^\s*(?:skip|pending)\s*(?:["'(]|$) | \[(?:Ignore|Explicit)\b | \bSkip\s*=\s*"
    | ^\s*@(?:module)?tag\s+:?skip\b | \bXCTSkip\w*\b | \bGTEST_SKIP\b
    """,
    re.VERBOSE,
)
SUPPRESSION = re.compile(
    r"""
    eslint-disable | stylelint-disable | prettier-ignore | biome-ignore | @ts-(?:ignore|nocheck)
    | tslint:disable | \#\s*noqa\b | \#\s*type:\s*ignore
    | \#\s*(?:pylint|ruff|flake8):\s*(?:disable|noqa)
    | \#\s*pragma:\s*no\s*cover | (?:istanbul|c8|v8)\s+ignore | \#\s*nosec\b | //\s*nolint
    | \#!?\[allow\( | rubocop:(?:disable|todo) | :nocov: | @SuppressWarnings | NOLINT\b | NOSONAR
    | shellcheck\s+disable | ast-grep-ignore
    """,
    re.VERBOSE,
)
TEST_AWARE = re.compile(
    r"""
    PYTEST_CURRENT_TEST | PYTEST_VERSION | JEST_WORKER_ID | VITEST_(?:WORKER|POOL)_ID
    | NODE_TEST_CONTEXT | process\.env\.VITEST\b | import\.meta\.vitest
    | ["'](?:pytest|unittest)["']\s+in\s+sys\.modules | \bjest\b.*!==?\s*["']undefined["']
    | \b(?:sys\.argv|process\.argv)\b.*\b(?:pytest|jest|mocha|vitest|--test)\b
    | NODE_ENV\s*(?:===?|!==?)\s*["']test["']
    | \btesting\.Testing\s*\(\s*\) | RAILS_ENV\s*==\s*["']test["'] | \bcfg!?\(test\)\s*\{?\s*return
    """,
    re.VERBOSE,
)
EARLY_EXIT = re.compile(
    r"\bos\._exit\s*\(|(?<![\w.>])(?:(?:sys|os|process|builtins|Kernel)\.)?exit\s*\(\s*0?\s*\)"
    r"|\bos\.Exit\s*\(\s*0\s*\)|\bSystem\.exit\s*\(\s*0\s*\)|\bexit!\s*(?:0|true|$)"
)
SUDDEN_END = re.compile(
    r"\bos\._exit\s*\(|^(?:sys\.)?exit\s*\(\s*0?\s*\)|^process\.exit\s*\(\s*0?\s*\)"
    r"|\bprocess\.reallyExit\b|\bos\.kill\s*\(\s*os\.getpid|^\s*raise\s+SystemExit\s*\(?0?\)?\s*$"
)
EARLY_RETURN = re.compile(r"^\s+return(?:\s+(?:None|undefined|true|True))?\s*;?\s*$")
FORGED_REPORT = re.compile(
    r"""
    PYTEST_ADDOPTS | --junit-?xml | \bjunit_?xml\b | <test(?:suite|case)\b
    | ["'][^"']*(?:junit|surefire-reports|test-results)[^"']*\.xml["']
    """,
    re.VERBOSE | re.IGNORECASE,
)
PATCHED = re.compile(
    r"""
    ^\s*(?:time\.(?:time|sleep|monotonic|perf_counter)|random\.\w+|datetime\.\w+
        |(?:globalThis\.|window\.)?(?:Date(?:\.now)?|Math\.random|performance\.now|setTimeout)
        |(?:unittest\.TestCase|assert|expect|chai|builtins)\.\w+)\s*=(?!=)
    | \bsetattr\s*\(\s*(?:time|random|datetime|builtins|unittest|unittest\.TestCase)\b
    """,
    re.VERBOSE,
)
RUNNER_HOOK = re.compile(
    r"\bpytest_(?:collection_modifyitems|ignore_collect|runtest_\w+|report_\w+|sessionfinish"
    r"|pyfunc_call|configure)\b|\bcollect_ignore(?:_glob)?\b"
)
ALWAYS_EQUAL = re.compile(
    r"""
    def\s+__eq__\s*\([^)]*\)[^:]*:\s*(?:\"\"\".*?\"\"\"\s*)?return\s+True\b
    | def\s+__ne__\s*\([^)]*\)[^:]*:\s*return\s+False\b
    | __eq__\s*=\s*lambda\b[^:]*:\s*True\b
    | \bequals\s*\([^)]*\)\s*(?::\s*\w+\s*)?\{\s*return\s+true\b
    | \bdef\s+==\s*\(?\w+\)?\s*[;\n]\s*true\b
    """,
    re.DOTALL | re.VERBOSE,
)
THRESHOLD = re.compile(
    r"""
    fail[_-]under | coverageThreshold | \b(?:branches|functions|lines|statements)["']?\s*:\s*\d
    | check-coverage | --cov-fail | max-warnings | maxWarnings | minimum_coverage
    | testMatch | testRegex | testPathIgnorePatterns | collectCoverageFrom | --exit-zero
    | passWithNoTests
    """,
    re.VERBOSE,
)
SCOPE = re.compile(
    r"""
    addopts | testpaths | python_(?:files|classes|functions) | norecursedirs | filterwarnings
    | xfail_strict | \bexclude\w*\b(?!\() | \bignore\w*\b | \bomit\b | per-file-ignores
    | (?:extend-)?select\b(?!\() | \btarget:\s*\d
    | ["'][\w@/-]+["']\s*:\s*(?:["'](?:off|warn)["']|0)\s*,?\s*$
    """,
    re.VERBOSE,
)
SCRIPT = re.compile(
    r"""^\s*["'](?:pre|post)?(?:test|lint|coverage|check|ci)(?::[\w:-]+)?["']\s*:"""
)
_CLEARED_AWAY = (
    r"(?:rm|rmdir|unlink|kill|pkill|killall|umount|mkdir|(?:docker|podman)\s+(?:stop|kill|rm|rmi))"
)
FUTILE_STEP = re.compile(
    r"continue-on-error\s*:\s*true|allow_failure\s*:\s*true"
    rf"|(?:^|[;&|(:])[\s@-]*(?!(?:sudo\s+)?{_CLEARED_AWAY}\s)(?:[^\s;&|(:@-](?:[^;&|]|&\d)*)?"
    r"\|\|\s*(?:true|:)\s*$"
)
