"""How tests are written in other languages, and what only looks like a trick."""

from __future__ import annotations

import pytest

from orchestrator.domain.gate import GateVerdict
from orchestrator.gates.weakening_rule import TestsNotWeakened
from tests.unit.gates.evidence import change, diff, evidence
from tests.unit.gates.test_weakening import OF_A_RUN

_GATE = TestsNotWeakened(OF_A_RUN)


def _reason(*texts: str) -> str:
    found = _GATE.judge(evidence(of=change("".join(texts))))
    return "" if found.verdict is GateVerdict.PASSED else found.reason


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/test_a.py", "    send.assert_called_once_with(1)"),
        ("tests/test_a.py", "    np.testing.assert_allclose(a, b)"),
        ("tests/ATest.php", "        $this->assertSame(1, f());"),
        ("tests/ATest.php", "        self::assertSame(1, f());"),
        ("tests/ATest.php", "        $response->assertStatus(200);"),
        ("tests/ATest.php", "        $this->expectException(Broken::class);"),
        ("tests/ATest.php", "        ->toBe(1);"),
        ("ATests.cs", "        Assert.Equal(1, F());"),
        ("ATests.cs", "        CollectionAssert.AreEqual(a, b);"),
        ("ATests.cs", "        f().Should().Be(1);"),
        ("ATests.swift", "        XCTAssertEqual(a, 1)"),
        ("ATests.swift", "        #expect(a == 1)"),
        ("tests/a_test.cc", "  EXPECT_EQ(a, 1);"),
        ("tests/a_test.cc", "  ASSERT_TRUE(a);"),
        ("tests/a_test.cpp", "  REQUIRE(a == 1);"),
        ("tests/a_test.c", "  TEST_ASSERT_EQUAL_INT(1, a);"),
        ("tests/a.test.js", "  t.is(a, 1)"),
        ("tests/a.test.js", "  t.deepEqual(a, b)"),
        ("tests/a.test.js", "    .expect(200)"),
        ("src/test/ATest.java", "    Assert.assertEquals(1, f());"),
        ("src/test/ATest.kt", "    a shouldBe 1"),
        ("test/a_test.rb", "    _(a).must_equal 1"),
        ("a_test.go", "  s.Equal(1, f())"),
        ("a_test.go", "  s.Require().NoError(err)"),
    ],
)
def test_assertion__of_any_language(path: str, line: str) -> None:
    """An assertion that goes is named, in the words of every runner that is read."""
    assert "loses or changes the assertion" in _reason(diff(path, " context", f"-{line}"))


@pytest.mark.parametrize(
    ("path", "line", "words"),
    [
        ("ATests.swift", "    func testAdds() {", "loses 1 test: testAdds"),
        ("tests/a_test.cc", "TEST(Math, Adds) {", "loses 1 test: Math, Adds"),
        ("tests/a_test.cc", "TEST_F(Math, Adds) {", "loses 1 test: Math, Adds"),
        ("tests/a_test.cpp", 'TEST_CASE("adds", "[math]") {', "loses 1 test: adds"),
        ("a_test.go", "func (s *MathSuite) TestAdds() {", "loses 1 test: TestAdds"),
        ("ATests.cs", "    [TestMethod]", "loses 1 tests"),
        ("ATests.cs", "    [TestCase(1, 2)]", "loses 1 tests"),
        ("ATests.cs", "    [InlineData(1, 2)]", "loses 1 tests"),
        ("src/test/ATest.java", "    @RepeatedTest(3)", "loses 1 tests"),
        ("src/test/ATest.java", "    @TestFactory", "loses 1 tests"),
        ("tests/ATest.php", "    #[Test]", "loses 1 tests"),
    ],
)
def test_definition__of_any_language(path: str, line: str, words: str) -> None:
    """A test that goes is named, in the words of every runner that is read."""
    assert words in _reason(diff(path, " context", f"-{line}"))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("tests/ATest.php", "        $this->markTestSkipped('later');"),
        ("tests/ATest.php", "        $this->markTestIncomplete();"),
        ("spec/a_spec.rb", "  it 'subtracts', :skip do"),
        ("spec/a_spec.rb", "  it 'subtracts', skip: 'later' do"),
        ("spec/a_spec.rb", "  describe 'math', :focus do"),
        ("test/a_test.exs", "  @tag :skip"),
        ("ATests.swift", '    throw XCTSkip("later")'),
        ("tests/a_test.cc", '  GTEST_SKIP() << "later";'),
        ("src/test/ATest.java", "  @DisabledOnOs(OS.LINUX)"),
        ("tests/a.test.js", "test('adds', { timeout: 9, skip: true }, f)"),
        ("tests/a.test.js", "test({ skip: 'later' }, f)"),
        ("tests/a.test.js", "  { skip: true },"),
    ],
)
def test_skip__of_any_language(path: str, line: str) -> None:
    """A skip that comes is named, in the words of every runner that is read."""
    assert "skips or singles out a test" in _reason(diff(path, " context", f"+{line}"))


@pytest.mark.parametrize(
    "line", ["pytest || true", "rm -f log; pytest || true", "docker run tests || :", "  || true"]
)
def test_futile_step__beside_what_may_fail(line: str) -> None:
    """What checks the project may not fail unseen, whatever is cleared away before it."""
    assert "lets a step fail unseen" in _reason(diff("scripts/test.sh", " context", f"+{line}"))


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("tests/a.test.js", ("+  await users.find({ skip: 10, take: 5 });",)),
        ("tests/a.test.js", ("+  add({ todo: 'milk' });",)),
        ("tests/a.test.js", ("+it('adds', () => { add({ todo: 'milk' }) })",)),
        ("tests/a.test.js", ("+  { todo: 'milk' },",)),
        ("tests/test_a.py", ("+    app.exit()",)),
        ("tests/ATest.php", ("+    $shell->exit();",)),
        ("tests/conftest.py", ("+    return db.execute(select(User))",)),
        ("tests/conftest.py", ("+    return User.objects.exclude(id=1)",)),
        ("src/a.js", ("+  [Symbol.toPrimitive](hint) { return this.cents; }",)),
        ("tests/a.rs", ('-    let a = f().expect("works");', '+    let b = f().expect("works");')),
        ("scripts/build.sh", ("+docker stop web || true", "+kill $pid 2>/dev/null || :")),
        ("scripts/build.sh", ("+cd out && rm -rf cache || true",)),
        ("a_test.go", ("-  log.Fatal(err)",)),
        ("src/test/ATest.java", ("-  void shouldNotAdd() {", "+  void shouldNotAddTwice() {")),
        ("tests/a.test.js", ("-  jwt.decode(token)",)),
    ],
)
def test_spelling__only_looks_like_a_trick(path: str, lines: tuple[str, ...]) -> None:
    """Words that mean something else where they stand refuse no honest change."""
    assert _reason(diff(path, " context", *lines)) == ""
