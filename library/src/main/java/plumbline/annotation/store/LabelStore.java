package plumbline.annotation.store;

/**
 * The labelling app's database.
 *
 * <p>Its parts may be used by many threads at once, and the database by several processes. What has
 * returned is on disk. Times come from the configuration's clock.
 */
public final class LabelStore implements AutoCloseable {
  private final Database database;
  private final Accounts accounts;
  private final Sessions sessions;
  private final ApiTokens apiTokens;
  private final Invitations invitations;
  private final SignInFailures signInFailures;
  private final Projects projects;
  private final Items items;
  private final HandOut handOut;
  private final Votes votes;
  private final Reviews reviews;
  private final Progress progress;
  private final Audit audit;
  private final Webhooks webhooks;

  private LabelStore(Database database, AnswerReader answers) {
    ItemStates states = new ItemStates(database, answers);
    this.database = database;
    accounts = new Accounts(database);
    sessions = new Sessions(database);
    apiTokens = new ApiTokens(database);
    invitations = new Invitations(database);
    signInFailures = new SignInFailures(database);
    projects = new Projects(database, states);
    items = new Items(database);
    handOut = new HandOut(database, database.write(Draw::of));
    votes = new Votes(database, states);
    reviews = new Reviews(database, states);
    progress = new Progress(database, answers);
    audit = new Audit(database);
    webhooks = new Webhooks(database);
  }

  /**
   * Opens the database and brings its tables up to date.
   *
   * @throws plumbline.InputException if it cannot be reached
   */
  public static LabelStore open(StoreConfig config) {
    return new LabelStore(Database.open(config), config.answers());
  }

  public Accounts accounts() {
    return accounts;
  }

  public Sessions sessions() {
    return sessions;
  }

  public ApiTokens apiTokens() {
    return apiTokens;
  }

  public Invitations invitations() {
    return invitations;
  }

  public SignInFailures signInFailures() {
    return signInFailures;
  }

  public Projects projects() {
    return projects;
  }

  public Items items() {
    return items;
  }

  public HandOut handOut() {
    return handOut;
  }

  public Votes votes() {
    return votes;
  }

  public Reviews reviews() {
    return reviews;
  }

  public Progress progress() {
    return progress;
  }

  public Audit audit() {
    return audit;
  }

  public Webhooks webhooks() {
    return webhooks;
  }

  @Override
  public void close() {
    database.close();
  }
}
