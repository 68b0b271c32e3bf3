"""The state machine of a capture, against every order of events that hypothesis comes upon."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from livespec.capture.recovery import BACK_OFF_S, OPENING_S, STALLED_S, Look, Recovery, State

TICK_S = 0.05


class Capture(RuleBasedStateMachine):
    """Its own book of what is so: whether there is a process, how many blocks came, and how long nothing has."""

    @initialize()
    def begin(self):
        self.recovery = Recovery()
        self.runs = False
        self.blocks = 0
        self.silent_s = self.waited_s = 0.0
        self.failures = 0  # processes in a row that gave nothing
        self.this_gave = False
        self.look()  # the first process is begun at once

    def look(self, elapsed_s=TICK_S, came=0, **what):
        self.blocks += came
        self.this_gave |= came > 0
        self.silent_s = 0.0 if came else self.silent_s + elapsed_s
        self.waited_s += elapsed_s
        self.recovery.look(Look(elapsed_s, self.blocks, **what))
        if self.recovery.wants_process != self.runs:
            self.runs = self.recovery.wants_process
            if self.runs:
                assert self.waited_s >= self.back_off_s - TICK_S
            self.silent_s = self.waited_s = 0.0
            if self.runs:
                self.this_gave = False
            else:
                self.failures = 0 if self.this_gave else self.failures + 1

    @property
    def back_off_s(self):
        return BACK_OFF_S[min(self.failures, len(BACK_OFF_S) - 1)]

    @property
    def over(self):
        return self.recovery.state is State.REFUSED

    @precondition(lambda self: self.runs)
    @rule(count=st.integers(1, 200))
    def blocks_come(self, count):
        self.look(came=count)
        assert self.recovery.state is State.CAPTURING
        assert self.recovery.trouble == ""

    @rule(ticks=st.integers(1, 90))
    def nothing_happens(self, ticks):
        for _ in range(ticks):
            self.look()

    @precondition(lambda self: self.runs)
    @rule(came=st.integers(0, 1))
    def the_process_ends(self, came):
        self.look(came=came, ended="the device has gone")
        assert self.over or not self.runs

    @precondition(lambda self: self.runs)
    @rule(ended=st.sampled_from([None, "the capture process ended"]))
    def the_device_refuses(self, ended):
        self.look(ended=ended, refusal="Device unavailable")
        assert not self.runs
        assert self.over == (self.blocks == 0)

    @precondition(lambda self: not self.over)
    @rule()
    def the_device_is_well_again(self):
        """Whatever went before: sound within the longest back-off and what it takes to find a process hanging."""
        passed = 0.0
        while not self.runs:
            self.look()
            passed += TICK_S
        self.look(came=1)
        assert passed <= max(BACK_OFF_S) + 2 * TICK_S
        assert self.recovery.state is State.CAPTURING
        assert self.recovery.trouble == ""
        assert not self.recovery.wants_stand_in

    @precondition(lambda self: self.over)
    @rule()
    def a_refusal_is_for_ever(self):
        self.look(elapsed_s=100.0)
        assert self.over
        assert self.recovery.trouble == "Device unavailable"

    @invariant()
    def a_dead_stream_is_not_kept(self):
        if self.runs:
            longest = STALLED_S if self.recovery.state is State.CAPTURING else OPENING_S
            assert self.silent_s <= longest + 2 * TICK_S

    @invariant()
    def silence_is_said_within_a_second(self):
        if self.silent_s > STALLED_S + 2 * TICK_S or (not self.runs and not self.over):
            assert self.recovery.trouble

    @invariant()
    def the_back_off_is_kept(self):
        if not self.runs and not self.over:
            assert self.waited_s <= self.back_off_s + TICK_S

    @invariant()
    def a_stand_in_is_asked_for_only_after_many_failures(self):
        if self.recovery.wants_stand_in:
            assert self.failures >= 4

    @invariant()
    def what_has_given_sound_is_never_given_up(self):
        assert not (self.over and self.blocks)


Capture.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_any_order_of_events = Capture.TestCase


def test_time_in_which_the_program_slept_is_nobodys_fault():
    """The owner says how long it was awake: ten seconds of sleep are one tick."""
    recovery = Recovery()
    recovery.look(Look(0.0, 0))
    recovery.look(Look(TICK_S, 10))
    recovery.look(Look(2 * TICK_S, 10))
    assert recovery.state is State.CAPTURING
    assert recovery.trouble == ""


def test_the_stand_in_and_the_device_take_turns():
    recovery = Recovery()
    recovery.look(Look(0.0, 0))
    recovery.look(Look(TICK_S, 1))
    asked = []
    for _ in range(8):
        recovery.look(Look(TICK_S, 1, ended="it ended"))
        recovery.look(Look(max(BACK_OFF_S), 1))
        assert recovery.state is State.OPENING
        asked.append(recovery.wants_stand_in)
    assert asked == [False, False, False, False, True, False, True, False]
