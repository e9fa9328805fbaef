package io.muxpool;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The rooms inside and the arrows between them, as {@code docs/architecture.md} has them. */
class ArchitectureTest {
    private static final String API = "io.muxpool";
    private static final String INTERNAL = API + ".internal.";

    /** Rooms that know no other room, and that every room may use. */
    private static final Set<String> LEAVES = Set.of("text", "unix", "turn", "stream", "event", "shell", "mux.wire");

    /** Which rooms each room may use besides the leaves. One that is missing here may not exist. */
    private static final Map<String, Set<String>> ARROWS = Map.of(
            "pool", Set.of("master", "lease", "transport", "process"),
            "doctor", Set.of("master", "lease", "transport", "process"),
            "transport", Set.of("master", "process", "mux", "sweep"),
            "mux", Set.of("mux.channel", "sweep"),
            "mux.channel", Set.of("sweep"),
            "sweep", Set.of(),
            "master", Set.of("process", "sweep"),
            "lease", Set.of(),
            "process", Set.of("sweep"));

    /** What a user comes in by. Inside there are only values of the public package: commands, jobs, results, errors. */
    private static final Set<Class<?>> DOORS = Set.of(
            Connection.class,
            ConnectionPool.class,
            ConnectionPools.class,
            RetryPolicy.class,
            Retry.class,
            Leases.class,
            Doctor.class);

    private static final JavaClasses CORE = new ClassFileImporter().importPath(OtherJvm.location(Remote.class));

    @Test
    void everyRoomIsKnown() {
        Set<String> packages = CORE.stream()
                .map(JavaClass::getPackageName)
                .filter(name -> !name.equals(API))
                .collect(toCollection(TreeSet::new));
        assertThat(packages)
                .containsExactlyInAnyOrderElementsOf(
                        rooms().map(INTERNAL::concat).toList());
    }

    static Stream<String> rooms() {
        return Stream.concat(ARROWS.keySet().stream(), LEAVES.stream());
    }

    @ParameterizedTest
    @MethodSource("rooms")
    void roomUsesOnlyTheRoomsItsArrowsLeadTo(String room) {
        Set<String> allowed = new TreeSet<>(ARROWS.getOrDefault(room, Set.of()));
        if (!LEAVES.contains(room)) {
            allowed.addAll(LEAVES);
        }
        noClasses()
                .that()
                .resideInAPackage(INTERNAL + room)
                .should()
                .dependOnClassesThat(DescribedPredicate.describe("are in a room other than " + allowed, target -> {
                    String name = target.getPackageName();
                    return name.startsWith(INTERNAL)
                            && !name.equals(INTERNAL + room)
                            && !allowed.contains(name.substring(INTERNAL.length()));
                }))
                .check(CORE);
    }

    @Test
    void roomsFormNoCycle() {
        slices().matching(INTERNAL + "(*)..").should().beFreeOfCycles().check(CORE);
    }

    @Test
    void roomsUseTheValuesOfThePublicPackageAndNotItsDoors() {
        noClasses()
                .that()
                .resideInAPackage(INTERNAL + "*..")
                .should()
                .dependOnClassesThat(DescribedPredicate.describe("are doors", ArchitectureTest::isDoor))
                .check(CORE);
    }

    private static boolean isDoor(JavaClass type) {
        return DOORS.stream()
                .anyMatch(door -> type.isEquivalentTo(door) || type.getName().startsWith(door.getName() + "$"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "unix", "mux.wire"})
    void roomThatIsNotAboutJobsAndCommandsUsesNothingOfOurs(String room) {
        noClasses()
                .that()
                .resideInAPackage(INTERNAL + room)
                .should()
                .dependOnClassesThat(
                        resideInAPackage(API + "..").and(DescribedPredicate.not(resideInAPackage(INTERNAL + room))))
                .check(CORE);
    }

    @Test
    void nothingInsideIsMadePublicThroughTheApi() {
        Set<String> shown = new TreeSet<>();
        for (JavaClass type : CORE) {
            if (type.getPackageName().equals(API) && type.getModifiers().contains(JavaModifier.PUBLIC)) {
                type.getMethods().stream()
                        .filter(method -> isShown(method.getModifiers()))
                        .forEach(method -> {
                            note(shown, method.getFullName(), method.getRawReturnType());
                            method.getRawParameterTypes().forEach(p -> note(shown, method.getFullName(), p));
                        });
                type.getConstructors().stream()
                        .filter(constructor -> isShown(constructor.getModifiers()))
                        .forEach(constructor -> constructor
                                .getRawParameterTypes()
                                .forEach(p -> note(shown, constructor.getFullName(), p)));
            }
        }
        assertThat(shown).isEmpty();
    }

    private static boolean isShown(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    private static void note(Set<String> shown, String member, JavaClass type) {
        if (type.getPackageName().startsWith(INTERNAL)) {
            shown.add(member + " shows " + type.getName());
        }
    }

    @Test
    void coreNeedsTheBaseOfJavaAndNullnessAnnotationsOnly() {
        Set<String> base = Object.class.getModule().getPackages();
        Set<String> others = new TreeSet<>();
        for (JavaClass type : CORE) {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                String name = dependency.getTargetClass().getBaseComponentType().getPackageName();
                if (!name.isEmpty()
                        && !base.contains(name)
                        && !name.equals(API)
                        && !name.startsWith(INTERNAL)
                        && !name.equals("org.jspecify.annotations")
                        && !(name.equals("jdk.net") && type.getSimpleName().equals("LocalSocket"))
                        && !(name.equals("jdk.jfr")
                                && type.getSimpleName().matches("Recordings|.*Event|PoolRecording"))) {
                    others.add(dependency.getDescription());
                }
            }
        }
        assertThat(others).isEmpty();
    }

    @Test
    void moduleRequiresNothingAtRunTimeAndExportsOnePackage() throws IOException {
        try (InputStream in =
                Files.newInputStream(OtherJvm.location(Remote.class).resolve("module-info.class"))) {
            ModuleDescriptor module = ModuleDescriptor.read(in);
            assertThat(module.name()).isEqualTo(API);
            assertThat(module.requires())
                    .filteredOn(r -> !r.modifiers().contains(Requires.Modifier.STATIC))
                    .extracting(Requires::name)
                    // Of the JDK itself: it alone tells who listens at a socket.
                    .containsExactlyInAnyOrder("java.base", "jdk.net");
            assertThat(module.requires())
                    .extracting(Requires::name)
                    .containsOnly("java.base", "jdk.net", "org.jspecify", "jdk.jfr");
            assertThat(module.exports())
                    .extracting(ModuleDescriptor.Exports::source)
                    .containsExactly(API);
            assertThat(module.exports()).noneMatch(ModuleDescriptor.Exports::isQualified);
            assertThat(module.opens()).isEmpty();
        }
    }

    @Test
    void everyClassIsFinalOrSealedOrMeantToBeImplemented() {
        classes()
                .that()
                .areNotInterfaces()
                .and()
                .areNotEnums()
                .and()
                .areNotAnonymousClasses()
                .should()
                .haveModifier(JavaModifier.FINAL)
                .orShould(be(DescribedPredicate.describe(
                        "sealed", type -> type.reflect().isSealed())))
                .check(CORE);
    }

    @Test
    void processesAreStartedInOneRoomOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage(INTERNAL + "process")
                .should()
                .callMethod(ProcessBuilder.class, "start")
                .orShould()
                .callMethodWhere(DescribedPredicate.describe(
                        "execute a program",
                        call -> call.getTargetOwner().isEquivalentTo(Runtime.class)
                                && call.getName().equals("exec")))
                .check(CORE);
    }

    @Test
    void fileLocksAreTakenInOneClassOnly() {
        noClasses()
                .that()
                .doNotHaveSimpleName("LockFile")
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "opens a file channel or takes a file lock",
                        call -> call.getTargetOwner().isAssignableTo(FileChannel.class)
                                && Set.of("open", "lock", "tryLock").contains(call.getName())))
                .check(CORE);
    }
}
